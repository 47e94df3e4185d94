"""Says that a worker process lives, and what it has in hand."""

from __future__ import annotations

import logging
from datetime import datetime
from threading import Event, Thread
from types import TracebackType

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from jobs.lanes import Lanes
from sql.queue.job_items import extend_leases
from sql.queue.workers import beat, forget_worker

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0


class Presence:
    """A worker process counts while the block lasts: at once, and again every three seconds from a thread of its own.

    One heartbeat keeps all that it has in hand: its lanes, and the leases of its items. What turns out not to be its
    own any more, or not to be wanted, is marked as lost; a database that is away for a moment loses nothing. `threads`
    is the number of items that it can have in hand. Entering waits for a database that is away.
    """

    def __init__(self, lanes: Lanes, threads: int, *, beat_seconds: float = BEAT_SECONDS) -> None:
        self._lanes = lanes
        self._threads = threads
        self._beat_seconds = beat_seconds
        self._rests_until: datetime | None = None
        self._done = Event()
        self._thread = Thread(target=self._keep_beating, name="presence", daemon=True)

    def __enter__(self) -> Presence:
        self._lanes.transact(self._beat)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        try:
            with self._lanes.engine.begin() as connection:
                forget_worker(connection, self._lanes.process)
        except DBAPIError:
            log.debug("Its silence will be noticed", exc_info=True)

    def rest(self, until: datetime | None) -> None:
        """Say that this process takes nothing new until then; with None, that it does again."""
        self._rests_until = until
        self._try_to_beat()

    def _keep_beating(self) -> None:
        while not self._done.wait(self._beat_seconds):
            self._try_to_beat()

    def _try_to_beat(self) -> None:
        try:
            with self._lanes.engine.begin() as connection:
                self._beat(connection)
        except DBAPIError:
            log.debug("No heartbeat", exc_info=True)

    def _beat(self, connection: Connection) -> None:
        held = [(lane, lane.item) for lane in self._lanes.held]
        lanes = beat(
            connection, self._lanes.process, self._threads, [lane.id for lane, _ in held], rests_until=self._rests_until
        )
        items = [item for _, item in held if item is not None]
        leased = extend_leases(connection, items) if items else set()
        for lane, item in held:
            has_lost_item = item is not None and (item.job_id, item.track_id, item.worker) not in leased
            # An item that was finished meanwhile has no lease, and is not lost.
            if lane.id not in lanes or (has_lost_item and lane.item is item):
                lane.lost.set()
