"""The lanes that a worker process has in hand: taken, worked in for a turn, sent on or closed.

A lane is a message that sends itself again. Who takes one works in it for a few seconds, on several items if they are
short, and sends it on under a new id, so that the lanes of other jobs come to their turn.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.errors.asking import JobNotFound
from domain.errors.base import SegueError
from domain.errors.machine import DatabaseFull
from jobs.brokers.retrying import may_pass
from jobs.queue import JobQueue
from jobs.transactions import transact
from sql.faults import fault_of, is_disk_full, place_of
from sql.queue.job_items import Item
from sql.queue.job_rows import fail_job
from sql.queue.lanes import close_lane, let_go, open_taken_lane, pass_lane, take_lane

log = logging.getLogger(__name__)

T = TypeVar("T")

# No other job waits longer for a worker than this and one item. Sending a lane on costs some 10 ms.
TURN_SECONDS = 3.0
MAX_REASON_LENGTH = 300


@dataclass(eq=False)
class HeldLane:
    """A lane in hand, and the item of its job that is being worked on under a lease, if there is one.

    Without `has_message`, it was made for a message that came without one. `lost` is set when nobody wants the result
    any more: the lane or the item was given to another worker, since we were silent for so long, or the job has ended.
    `ends_at` is when the turn is over, by `time.monotonic`.
    """

    id: UUID
    job_id: UUID
    ends_at: float
    has_message: bool = True
    is_taken: bool = False
    item: Item | None = None
    lost: Event = field(default_factory=Event)


class Lanes:
    """What one worker process has in hand, whatever kind of job it is for.

    `process` names it in leases. Once `stopping` is set, what is in hand is to be given back within a second; while
    `resting` is set, it is to be finished, and nothing more to be taken.
    """

    def __init__(
        self,
        engine: Engine,
        queue: JobQueue,
        *,
        process: str,
        stopping: Event,
        resting: Event,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self.engine = engine
        self.queue = queue
        self.process = process
        self.stopping = stopping
        self.resting = resting
        self._turn_seconds = turn_seconds
        self._held: dict[UUID, HeldLane] = {}

    @property
    def held(self) -> list[HeldLane]:
        """Those in hand at this moment."""
        return [lane for lane in list(self._held.values()) if lane.is_taken]

    def run(
        self,
        actor_name: str,
        job_id: str,
        lane_id: str | None,
        opening: Callable[[Connection, HeldLane], T],
        turn: Callable[[HeldLane, T], bool],
    ) -> None:
        """Take the lane of a message to `actor_name`, and work in it for a turn.

        `opening` is called in the transaction that takes the lane; `turn` gets what it returned, and returns whether
        the lane goes on. A message whose lane was given up, or that comes twice, is dropped; so is one without a lane
        when another is under way. A job that cannot go on at all becomes FAILED; what may pass is raised, so that the
        message is retried.
        """
        ends_at = time.monotonic() + self._turn_seconds
        lane = HeldLane(UUID(lane_id) if lane_id else uuid4(), UUID(job_id), ends_at, has_message=lane_id is not None)
        if self._held.setdefault(lane.id, lane) is not lane:
            return
        try:
            self._run(actor_name, lane, opening, turn)
        except Exception:
            # Where the database is away, so that this fails too, the lane runs out by itself.
            with suppress(DBAPIError), self.engine.begin() as connection:
                let_go(connection, lane.id)
            raise
        finally:
            del self._held[lane.id]

    def takes_more(self, lane: HeldLane) -> bool:
        """Whether a first item may be taken in a turn."""
        return not (self.resting.is_set() or self.is_unwanted(lane))

    def is_over(self, lane: HeldLane) -> bool:
        """Whether a turn takes no other item."""
        return time.monotonic() >= lane.ends_at or not self.takes_more(lane)

    def is_unwanted(self, lane: HeldLane) -> bool:
        """Whether the item in hand is not to be finished."""
        return self.stopping.is_set() or lane.lost.is_set()

    def transact(self, work: Callable[[Connection], T]) -> T:
        """As `jobs.transactions.transact`."""
        return transact(self.engine, work, stopping=self.stopping)

    def reason_of(self, error: Exception) -> str:
        """As the function, but for the database's full disk, which is told with its place and its remedy."""
        fault = fault_of(error, place_of(self.engine.url.render_as_string()))
        return reason_of(fault if isinstance(fault, DatabaseFull) else error)

    def _run(
        self,
        actor_name: str,
        lane: HeldLane,
        opening: Callable[[Connection, HeldLane], T],
        turn: Callable[[HeldLane, T], bool],
    ) -> None:
        goes_on = False
        try:
            taken = self.transact(lambda connection: self._take(connection, lane, opening))
            if not taken:
                log.debug("Dropped a message whose lane is gone", extra={"job_id": str(lane.job_id)})
                return
            lane.is_taken = True
            goes_on = turn(lane, *taken)
        except JobNotFound:
            log.warning("The job is gone", extra={"job_id": str(lane.job_id)})
        except Exception as error:
            if may_pass(error):
                raise
            reason = self.reason_of(error)
            log.error("The job stops: %s", reason, exc_info=not is_known(error), extra={"job_id": str(lane.job_id)})
            self.transact(lambda connection: fail_job(connection, lane.job_id, reason))
        if not goes_on:
            self.transact(lambda connection: close_lane(connection, lane.id))
            return
        next_id = uuid4()
        if self.transact(lambda connection: pass_lane(connection, lane.id, next_id)):
            self.queue.enqueue(actor_name, lane.job_id, next_id)

    def _take(
        self, connection: Connection, lane: HeldLane, opening: Callable[[Connection, HeldLane], T]
    ) -> tuple[T] | tuple[()]:
        if lane.has_message:
            is_taken = take_lane(connection, lane.id, self.process)
        else:
            is_taken = open_taken_lane(connection, lane.id, lane.job_id, self.process)
        return (opening(connection, lane),) if is_taken else ()


def is_known(error: Exception) -> bool:
    """Whether its reason says all there is to know."""
    return isinstance(error, SegueError) or is_disk_full(error)


def reason_of(error: Exception) -> str:
    """One line for whoever asks what became of a job or a track."""
    if isinstance(error, SegueError):
        return str(error)
    first_line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line}"[:MAX_REASON_LENGTH]
