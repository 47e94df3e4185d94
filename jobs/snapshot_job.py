"""The snapshot job: keeps the vectors of a space's active revision in the object storage, too."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import dramatiq

from domain.jobs import JobStatus
from jobs.lanes import Lanes
from jobs.queue import QUEUES, STORE_SNAPSHOT
from jobs.snapshots import export_embeddings
from jobs.storage.keys import snapshot_key
from jobs.storage.protocol import Storage
from jobs.whole_job import WholeJob, run_whole_job
from sql.queue.whole_jobs import Counts

log = logging.getLogger(__name__)


class SnapshotJobs:
    """Writes the snapshots that `sql.spaces.snapshot_jobs` finds missing or stale, in one worker process."""

    def __init__(self, lanes: Lanes, *, database_url: str, storage: Storage) -> None:
        self._lanes = lanes
        self._database_url = database_url
        self._storage = storage

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=STORE_SNAPSHOT, queue_name=QUEUES[STORE_SNAPSHOT])
        declare(self.store_snapshot)

    def store_snapshot(self, job_id: str, lane_id: str | None = None) -> None:
        """Write the vectors of the job's revision to the storage, in place of an older snapshot of it; one that is
        only to be verified is written if it is not there."""
        run_whole_job(self._lanes, STORE_SNAPSHOT, job_id, lane_id, self._store)

    def _store(self, job: WholeJob) -> None:
        space, revision_id = str(job.arguments["space"]), int(job.arguments["revision_id"])
        key = snapshot_key(space, revision_id)
        if job.arguments.get("verify") and self._storage.exists(key):
            job.end(JobStatus.SUCCEEDED, Counts(1, 1, 0))
            return
        with tempfile.TemporaryDirectory(prefix="segue-") as folder:
            file = Path(folder) / "snapshot.parquet"
            vectors = export_embeddings(
                *(self._database_url, space, file),
                lambda done, total: job.tell(Counts(total, done, 0), key),
                revision_id=revision_id,
            )
            self._storage.put(key, file)
        job.end(JobStatus.SUCCEEDED, Counts(vectors, vectors, 0))
        log.info("%d vectors of '%s' in the storage as %s", vectors, space, key, extra=job.about)
