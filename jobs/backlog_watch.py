"""A worker tells how much work waits, for as long as it lives."""

from __future__ import annotations

import logging
import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from jobs.backlog_metrics import tell
from sql.queue.backlog import STATEMENT, Backlog

log = logging.getLogger(__name__)

# What a metric of CloudWatch tells apart.
EVERY_SECONDS = 60.0


class BacklogWatch:
    """Tells about once a minute, when it is called often enough; never without a `namespace`."""

    def __init__(self, engine: Engine, namespace: str | None, every_seconds: float = EVERY_SECONDS) -> None:
        self._engine = engine
        self._namespace = namespace
        self._every_seconds = every_seconds
        self._told_at = float("-inf")

    def look(self) -> None:
        """A database that is away is passed over."""
        if self._namespace is None or time.monotonic() - self._told_at < self._every_seconds:
            return
        self._told_at = time.monotonic()
        try:
            with self._engine.connect() as connection:
                tell(self._namespace, Backlog(*connection.execute(text(STATEMENT)).one()))
        except DBAPIError:
            log.debug("How much work waits is not told", exc_info=True)
