"""Keeps an item in a worker's hands while it works on it."""

from __future__ import annotations

import logging
from threading import Event, Thread
from types import TracebackType

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from sql.queue.job_items import Item, extend_lease

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0


class Lease:
    """Extends an item's lease every five seconds, from a thread of its own, until the block is left.

    `lost` is set when the item is no longer ours: its job was cancelled, or we were silent for so long that another
    worker took it. A database that is away for a moment loses nothing.
    """

    def __init__(self, engine: Engine, item: Item, beat_seconds: float = BEAT_SECONDS) -> None:
        self.lost = Event()
        self._engine = engine
        self._item = item
        self._beat_seconds = beat_seconds
        self._done = Event()
        self._thread = Thread(target=self._beat, name=f"lease of track {item.track_id}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()

    def _beat(self) -> None:
        while not self._done.wait(self._beat_seconds):
            try:
                with self._engine.begin() as connection:
                    kept = extend_lease(connection, self._item)
            except DBAPIError:
                log.debug("No heartbeat", exc_info=True, extra={"job_id": str(self._item.job_id)})
                continue
            if not kept:
                self.lost.set()
                return
