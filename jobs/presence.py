"""Says that a worker process lives, and which lanes it has in hand."""

from __future__ import annotations

import logging
from collections.abc import Collection
from threading import Event, Thread
from types import TracebackType
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from jobs.transactions import transact
from sql.queue.workers import beat, forget_worker

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0


class Presence:
    """A worker process counts while the block lasts: at once, and again every three seconds from a thread of its own.

    `process` names it, `threads` is the number of items it can have in hand, `held` the ids of the lanes it has in
    hand, which others change. Entering waits for a database that is away, until `stopping` is set.
    """

    def __init__(self, engine: Engine, process: str, threads: int, held: Collection[UUID], *, stopping: Event) -> None:
        self._engine = engine
        self._process = process
        self._threads = threads
        self._held = held
        self._stopping = stopping
        self._done = Event()
        self._thread = Thread(target=self._keep_beating, name="presence", daemon=True)

    def __enter__(self) -> Presence:
        transact(self._engine, self._beat, stopping=self._stopping)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        try:
            with self._engine.begin() as connection:
                forget_worker(connection, self._process)
        except DBAPIError:
            log.debug("Its silence will be noticed", exc_info=True)

    def _keep_beating(self) -> None:
        while not self._done.wait(BEAT_SECONDS):
            try:
                with self._engine.begin() as connection:
                    self._beat(connection)
            except DBAPIError:
                log.debug("No heartbeat", exc_info=True)

    def _beat(self, connection: Connection) -> None:
        beat(connection, self._process, self._threads, tuple(self._held))
