"""Transactions that outlast a moment without the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.errors.machine import DatabaseFull
from jobs.brokers.retrying import may_pass
from sql.faults import fault_of, is_disk_full, place_of

T = TypeVar("T")

# A PostgreSQL that was restarted, or that recovers from a crash, is back within this.
PATIENCE_SECONDS = 60.0
# Somebody's large temporary file may be gone by then; else a person has to make room.
PATIENCE_OF_FULL_DISK_SECONDS = 3.0
MIN_WAIT_SECONDS = 0.2
MAX_WAIT_SECONDS = 5.0


def transact(engine: Engine, work: Callable[[Connection], T], *, stopping: Event) -> T:
    """Run `work` in a transaction of its own and commit; what it returns is returned.

    When the database goes away, or two transactions get in each other's way, `work` is run again, for up to a minute:
    it must not mind having been committed before. Then, or when `stopping` is set, the database's error is raised, and
    DatabaseFull when there is no room on its disk for a few seconds.
    """
    started = time.monotonic()
    wait = MIN_WAIT_SECONDS
    while True:
        try:
            with engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            if time.monotonic() + wait > started + _patience(error) or stopping.wait(wait):
                fault = fault_of(error, place_of(engine.url.render_as_string()))
                if isinstance(fault, DatabaseFull):
                    raise fault from error
                raise
        wait = min(2 * wait, MAX_WAIT_SECONDS)


def _patience(error: DBAPIError) -> float:
    """How long it may be worth trying again (seconds)."""
    if is_disk_full(error):
        return PATIENCE_OF_FULL_DISK_SECONDS
    return PATIENCE_SECONDS if may_pass(error) else 0.0
