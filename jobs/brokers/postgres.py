"""Our own PostgreSQL as the broker: no other server, nothing to pay."""

from __future__ import annotations

import time
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dramatiq
import psycopg
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.broker import QUERIES
from psycopg.types.json import Json
from psycopg_pool import PoolTimeout

from domain.errors.machine import DatabaseUnreachable
from jobs.brokers.retrying import retries
from sql.login import conninfo, is_managed, plain, takes_options

# How long whoever asks for a job waits for a connection.
ENQUEUE_TIMEOUT_SECONDS = 5.0
# A worker says three times within this that it lives. The library's defaults would leave a dead one's messages lying
# for 60 to 105 s.
SILENCE_SECONDS = 15.0
# A network may have forgotten a client's connections that were silent for so long, without telling either end.
RESTED_SECONDS = 60.0


def worker(url: str, silence_seconds: float = SILENCE_SECONDS) -> dramatiq.Broker:
    """Messages of a dead worker go back into the queue at the next maintenance after its silence was noticed."""
    broker = PostgresBroker(
        url=_hints(plain(url)),
        middleware=[retries()],
        results=False,
        heartbeat_interval=silence_seconds / 3,
        heartbeat_ttl=silence_seconds,
        maintenance_interval=silence_seconds * 2 / 3,
    )
    _log_in(broker, url)
    return cast(dramatiq.Broker, broker)


def client(url: str) -> dramatiq.Broker:
    """Enqueuing raises DatabaseUnreachable."""
    broker = _ClientBroker(url=_hints(plain(url)), middleware=[], results=False, listen=False)
    _log_in(broker, url)
    return broker


def _log_in(broker: PostgresBroker, url: str) -> None:
    """Connections, which are made later, log in as `sql.login` says."""
    if is_managed(url):
        broker.pool.conninfo = lambda: conninfo(url)


def _hints(url: str) -> str:
    """The address for connections that do not wait for the disk, where that can be said: a message that a power cut
    takes is only a hint."""
    if not takes_options(url):
        return url
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    options = f"{query.get('options', '')} -c synchronous_commit=off".strip()
    return urlunsplit(parts._replace(query=urlencode(query | {"options": options})))


class _ClientBroker(PostgresBroker):  # type: ignore[misc]  # the library publishes no types
    _used_at = float("inf")

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """As the library does, but once, or once more where the connection was lost: it would try ten times with
        backoff, and a request would hang for minutes."""
        self.emit_before("enqueue", message, delay)
        row = (message.queue_name, message.message_id, Json(message.asdict()), delay or 0)
        if time.time() - self._used_at > RESTED_SECONDS:
            self.pool.drain()
        try:
            self._insert(row)
        except PoolTimeout as error:
            raise DatabaseUnreachable(reason=str(error)) from error
        except psycopg.OperationalError:
            self._insert_again(row)
        self._used_at = time.time()
        self.emit_after("enqueue", message, delay)
        return message

    def _insert(self, row: tuple[object, ...]) -> None:
        with self.pool.connection(timeout=ENQUEUE_TIMEOUT_SECONDS) as connection:
            connection.execute(QUERIES.ENQUEUE, row)

    def _insert_again(self, row: tuple[object, ...]) -> None:
        """When a connection turned out to be broken, and any other of them may be, too."""
        try:
            self.pool.check()
            self._insert(row)
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise DatabaseUnreachable(reason=str(error).strip()) from error
