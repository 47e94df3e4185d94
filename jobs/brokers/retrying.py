"""Which errors are worth another try, and how a worker's messages are tried again."""

from __future__ import annotations

import psycopg
from dramatiq.errors import BrokerConnectionError
from dramatiq.middleware import Retries

from domain.errors.base import Retryable
from domain.errors.machine import DatabaseFull
from sql.faults import is_disk_full

MAX_RETRIES = 10
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 30_000


def may_pass(error: BaseException | None) -> bool:
    """Whether trying again may help: our own `Retryable`, or a database or network that was away for a moment.

    What wraps such an error, as SQLAlchemy does, counts like it. A full disk waits for a person.
    """
    if isinstance(error, DatabaseFull) or is_disk_full(error):
        return False
    while error is not None:
        if isinstance(
            error,
            Retryable
            | psycopg.OperationalError
            | psycopg.InterfaceError
            | BrokerConnectionError
            | ConnectionError
            | TimeoutError,
        ):
            return True
        error = error.__cause__
    return False


def retries() -> Retries:
    """A message whose actor raised is tried again when the error may pass, up to ten times with backoff.

    Otherwise it is rejected at once, and kept where the broker keeps such messages.
    """
    return Retries(
        retry_when=lambda retries, error: retries < MAX_RETRIES and may_pass(error),
        min_backoff=MIN_BACKOFF_MS,
        max_backoff=MAX_BACKOFF_MS,
    )
