"""Transactions that outlast a moment without the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from jobs.brokers.retrying import may_pass

T = TypeVar("T")

# A PostgreSQL that was restarted, or that recovers from a crash, is back within this.
PATIENCE_SECONDS = 60.0
MIN_WAIT_SECONDS = 0.2
MAX_WAIT_SECONDS = 5.0


def transact(engine: Engine, work: Callable[[Connection], T], *, stopping: Event) -> T:
    """Run `work` in a transaction of its own and commit; what it returns is returned.

    When the database goes away, or two transactions get in each other's way, `work` is run again, for up to a minute:
    it must not mind having been committed before. Then, or when `stopping` is set, the database's error is raised.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    wait = MIN_WAIT_SECONDS
    while True:
        try:
            with engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            if not may_pass(error) or time.monotonic() + wait > deadline or stopping.wait(wait):
                raise
        wait = min(2 * wait, MAX_WAIT_SECONDS)
