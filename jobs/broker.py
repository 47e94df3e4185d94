"""The message broker: hints to workers that there is something to do, kept in our own PostgreSQL.

Losing or doubling a message does no harm: the job rows are the truth.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import dramatiq
import psycopg
from dramatiq.errors import BrokerConnectionError
from dramatiq.middleware import Retries
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.broker import QUERIES
from psycopg.types.json import Json
from psycopg_pool import PoolTimeout

from domain.errors import DatabaseUnreachable, Retryable

# A worker process says so often that it lives, and is thought dead after so long without. Then its messages go back
# into the queue, at the next maintenance. The library's defaults would leave them lying for 60 to 105 s.
HEARTBEAT_SECONDS = 3.0
HEARTBEAT_TTL_SECONDS = 15.0
MAINTENANCE_SECONDS = 10.0

MAX_RETRIES = 10
MIN_BACKOFF_MS = 1_000
MAX_BACKOFF_MS = 30_000

# How long whoever asks for a job waits for a connection.
ENQUEUE_TIMEOUT_SECONDS = 5.0


def may_pass(error: BaseException | None) -> bool:
    """Whether trying again may help: our own `Retryable`, or a database or network that was away for a moment.

    What wraps such an error, as SQLAlchemy does, counts like it.
    """
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


def worker_broker(database_url: str, worker_id: UUID) -> dramatiq.Broker:
    """The broker of a worker process, which it knows as `worker_id`: it holds on through an absence of the database.

    Actors have no time limit, since a recording may last hours. A message whose actor raised is retried when the error
    may pass, up to ten times with backoff; otherwise it is rejected at once.
    """
    retries = Retries(
        retry_when=lambda retries, error: retries < MAX_RETRIES and may_pass(error),
        min_backoff=MIN_BACKOFF_MS,
        max_backoff=MAX_BACKOFF_MS,
    )
    broker = PostgresBroker(
        url=database_url,
        middleware=[retries],
        results=False,
        heartbeat_interval=HEARTBEAT_SECONDS,
        heartbeat_ttl=HEARTBEAT_TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
    )
    # Its own choice would be known to nobody else; so, who sees this process die can free what it held.
    broker.worker_id = str(worker_id)
    return cast(dramatiq.Broker, broker)


def client_broker(database_url: str) -> dramatiq.Broker:
    """The broker of a process that only asks for jobs: an enqueue that cannot be done is an error within seconds."""
    return _ClientBroker(url=database_url, middleware=[], results=False, listen=False)


class _ClientBroker(PostgresBroker):  # type: ignore[misc]  # the library publishes no types
    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """As the library does, but once: it would try ten times with backoff, and a request would hang for minutes.

        Raises DatabaseUnreachable.
        """
        self.emit_before("enqueue", message, delay)
        row = (message.queue_name, message.message_id, Json(message.asdict()), delay or 0)
        try:
            with self.pool.connection(timeout=ENQUEUE_TIMEOUT_SECONDS) as connection:
                connection.execute(QUERIES.ENQUEUE, row)
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise DatabaseUnreachable(reason=str(error).strip()) from error
        self.emit_after("enqueue", message, delay)
        return message
