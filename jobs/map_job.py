"""The map job: lays a space out in two dimensions."""

from __future__ import annotations

import logging

import dramatiq

from domain.errors.asking import SpaceNotReady
from domain.jobs import JobStatus
from jobs.lanes import Lanes
from jobs.queue import DRAW_MAP, QUEUES
from jobs.whole_job import WholeJob, run_whole_job
from ml.projection import best_method, on_a_plane
from sql.queue.whole_jobs import Counts
from sql.spaces.map_rows import Drawn, active_revision, save_map
from sql.spaces.vectors import track_vectors

log = logging.getLogger(__name__)


class MapJobs:
    """The drawing that one worker process does."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=DRAW_MAP, queue_name=QUEUES[DRAW_MAP])
        declare(self.draw_map)

    def draw_map(self, job_id: str, lane_id: str | None = None) -> None:
        """Lay out what the job's space holds now, in place of an earlier map of it."""
        run_whole_job(self._lanes, DRAW_MAP, job_id, lane_id, self._draw)

    def _draw(self, job: WholeJob) -> None:
        space = str(job.arguments["space"])
        revision_id = self._lanes.transact(lambda connection: active_revision(connection, space))
        if revision_id is None:
            raise SpaceNotReady(name=space)
        rows = self._lanes.transact(lambda connection: track_vectors(connection, revision_id))
        method = best_method(len(rows.ids))
        job.tell(Counts(len(rows.ids), 0, 0), f"{method} of {space}")
        drawn = Drawn(method, rows.ids, on_a_plane(rows.vectors, method))
        job.check()
        self._lanes.transact(lambda connection: save_map(connection, revision_id, drawn))
        job.end(JobStatus.SUCCEEDED, Counts(len(rows.ids), len(rows.ids), 0))
        log.info("Drew '%s' by %s", space, method, extra=job.about | {"revision_id": revision_id})
