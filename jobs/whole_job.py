"""A job that one worker runs as a whole, such as an import: in one lane, which is in no other worker's hands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.jobs import JobStatus
from jobs.brokers.retrying import may_pass
from jobs.lanes import HeldLane, Lanes, is_known
from sql.queue.job_rows import lock_job
from sql.queue.lanes import has_other_lane
from sql.queue.whole_jobs import Counts, begin_whole_job, end_whole_job, give_back_whole_job, tell_whole_job

log = logging.getLogger(__name__)

# A job that kills its worker is given up after so many.
MAX_ATTEMPTS = 5


class CalledOff(Exception):
    """The job was cancelled, or another worker has it."""


class Stopping(Exception):
    """This process stops."""


class WholeJob:
    """A job in hand, with what it was asked to do. `counts` is how far it was last said to be."""

    def __init__(self, lanes: Lanes, lane: HeldLane, arguments: dict[str, Any]) -> None:  # Any: JSON
        self.id: UUID = lane.job_id
        self.arguments = arguments
        self.attempt: int = arguments["attempts"]
        self.about = {"job_id": str(lane.job_id), "attempt": self.attempt}
        self.counts = Counts(1, 0, 0)
        self._lanes = lanes
        self._lane = lane

    def is_unwanted(self) -> bool:
        """Whether the worker stops, or nobody wants the job to go on here: then `check` raises."""
        return self._lanes.is_unwanted(self._lane)

    def check(self) -> None:
        """Raises Stopping or CalledOff when the job is not to go on here. Cheap."""
        if self._lanes.stopping.is_set():
            raise Stopping
        if self._lane.lost.is_set():
            raise CalledOff

    def tell(self, counts: Counts, current: str | None) -> None:
        """Write down how far it is. Raises as `check` does."""
        self.check()
        self.counts = counts
        if not self._lanes.transact(lambda connection: tell_whole_job(connection, self.id, counts, current)):
            raise CalledOff

    def end(self, status: JobStatus, counts: Counts, error: str | None = None) -> bool:
        """The job has ended; returns False when it was cancelled before."""
        return self._lanes.transact(lambda connection: end_whole_job(connection, self.id, status, counts, error))

    def reason_of(self, error: Exception) -> str:
        """As `Lanes.reason_of`."""
        return self._lanes.reason_of(error)

    def give_back(self) -> None:
        self._lanes.transact(lambda connection: give_back_whole_job(connection, self.id))


def run_whole_job(
    lanes: Lanes, actor_name: str, job_id: str, lane_id: str | None, work: Callable[[WholeJob], object]
) -> None:
    """Take the lane of a message to `actor_name`, and do the job's `work` to its end, which `work` writes down.

    What may pass is raised, so that the message is retried; anything else makes the job FAILED.
    """

    def turn(lane: HeldLane, arguments: dict[str, Any] | None) -> bool:  # Any: JSON
        if arguments is None:
            return False
        if not lanes.takes_more(lane):
            WholeJob(lanes, lane, arguments).give_back()
            return True
        return _run(WholeJob(lanes, lane, arguments), work)

    lanes.run(actor_name, job_id, lane_id, _begin, turn)


def _begin(connection: Connection, lane: HeldLane) -> dict[str, Any] | None:  # Any: JSON
    """The job's arguments; None where it has ended or is in other hands."""
    lock_job(connection, lane.job_id)
    if has_other_lane(connection, lane.job_id, lane.id, only_taken=True):
        return None
    return begin_whole_job(connection, lane.job_id)


def _run(job: WholeJob, work: Callable[[WholeJob], object]) -> bool:
    """Returns whether another worker is to go on with it."""
    try:
        if job.attempt > MAX_ATTEMPTS:
            job.end(JobStatus.FAILED, job.counts, f"it was tried {MAX_ATTEMPTS} times, and never ended")
        else:
            work(job)
    except CalledOff:
        log.info("Called off", extra=job.about)
    except Stopping:
        job.give_back()
        return True
    except Exception as error:
        if may_pass(error) and (job.attempt < MAX_ATTEMPTS or isinstance(error, DBAPIError)):
            raise
        reason = job.reason_of(error)
        level = logging.WARNING if is_known(error) else logging.ERROR
        log.log(level, "The job failed: %s", reason, exc_info=not is_known(error), extra=job.about)
        counts = job.counts._replace(failed=max(1, job.counts.failed))
        job.end(JobStatus.FAILED, counts, reason)
    return False
