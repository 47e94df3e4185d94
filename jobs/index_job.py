"""The index job: builds the index of a space revision that has grown large, while searches and embedding go on."""

from __future__ import annotations

import logging
import time

import dramatiq
from sqlalchemy import Engine

from domain.errors.asking import SpaceNotFound
from domain.jobs import JobStatus
from jobs.lanes import Lanes
from jobs.queue import ACTORS, BUILD_INDEX, QUEUES, JobQueue
from jobs.sweeper import start_job
from jobs.whole_job import WholeJob, run_whole_job
from sql.queue.index_jobs import dimension_of, embedding_job_of, make_index_job, newest_index_job
from sql.queue.whole_jobs import Counts
from sql.spaces.indexes import IndexingInterrupted, index_when_large, lacks_index

log = logging.getLogger(__name__)

ONE_INDEX = Counts(total=1, done=0, failed=0)


class IndexJobs:
    """The indexing that one worker process asks of the database."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=BUILD_INDEX, queue_name=QUEUES[BUILD_INDEX])
        declare(self.build_index)

    def build_index(self, job_id: str, lane_id: str) -> None:
        """Build what the job's revision lacks, then let the embedding job go on that waited for it, if any."""
        run_whole_job(self._lanes, BUILD_INDEX, job_id, lane_id, self._build)

    def _build(self, job: WholeJob) -> None:
        space, revision_id = str(job.arguments["space"]), int(job.arguments["revision_id"])
        dimension = self._lanes.transact(lambda connection: dimension_of(connection, revision_id))
        if dimension is None:
            raise SpaceNotFound(name=space, known="others; this revision was dropped")
        job.tell(ONE_INDEX, f"index of {space}")
        started = time.perf_counter()
        try:
            index_when_large(
                *(self._lanes.engine, revision_id, dimension, int(job.arguments["threshold"])),
                interrupted=job.is_unwanted,
            )
        except IndexingInterrupted:
            job.check()
            raise
        seconds = round(time.perf_counter() - started, 3)
        log.info("Indexed '%s'", space, extra=job.about | {"revision_id": revision_id, "seconds": seconds})
        job.end(JobStatus.SUCCEEDED, ONE_INDEX._replace(done=1))
        waiting = self._lanes.transact(lambda connection: embedding_job_of(connection, revision_id))
        if waiting is not None:
            waiting_id, kind = waiting
            start_job(self._lanes.engine, self._lanes.queue, ACTORS[kind], waiting_id)


def request_index(
    engine: Engine, queue: JobQueue, space: str, revision_id: int, dimension: int, threshold: int, *, insist: bool
) -> bool:
    """Ask for a revision's index if it has grown large and lacks it; returns whether one is on its way.

    A second request joins the first. A space without its index is slower and as right: what could not be built before
    is asked for again only by who insists.
    """
    with engine.begin() as connection:
        if not lacks_index(connection, revision_id, dimension, threshold):
            return False
        newest = newest_index_job(connection, revision_id)
        if newest is not None and not JobStatus(newest.status).ended:
            return True
        if newest is not None and newest.status != JobStatus.SUCCEEDED and not insist:
            return False
        job_id = make_index_job(connection, space, revision_id, threshold)
    start_job(engine, queue, BUILD_INDEX, job_id)
    return True
