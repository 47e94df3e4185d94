"""Redis as the broker, for those who have one: `redis://[:password@]host:port/database`, or `rediss://` with TLS."""

from __future__ import annotations

from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from domain.errors.machine import BrokerMisnamed, BrokerUnreachable
from jobs.brokers.retrying import retries

# What its keys begin with, so that a database can be shared.
NAMESPACE = "segue"
TIMEOUT_SECONDS = 4.0
# A worker shows with each command that it lives, about twice a second; the library would wait for a minute.
SILENCE_SECONDS = 15.0
# Every command also looks for dead workers: it costs next to nothing, and leaving it to chance, as the library does,
# could take minutes.
MAINTENANCE_CHANCE = 1_000_000


def worker(url: str, silence_seconds: float = SILENCE_SECONDS) -> dramatiq.Broker:
    """Messages of a dead worker go back into the queue once another notices its silence."""
    return _Broker(
        client=_connect(url),
        middleware=[retries()],
        namespace=NAMESPACE,
        heartbeat_timeout=round(silence_seconds * 1000),
        maintenance_chance=MAINTENANCE_CHANCE,
    )


def client(url: str) -> dramatiq.Broker:
    return _Broker(client=_connect(url), middleware=[], namespace=NAMESPACE)


def _connect(url: str) -> Redis:
    try:
        # One more try at once: the first finds out that the server was restarted since the last time.
        return Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError as error:
        raise BrokerMisnamed(reason=str(error)) from error


class _Broker(RedisBroker):
    def __init__(self, **options: Any) -> None:  # Any: the library's own
        super().__init__(**options)  # type: ignore[no-untyped-call]  # the library's is not typed

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        try:
            return super().enqueue(message, delay=delay)
        except RedisError as error:
            raise BrokerUnreachable(reason=str(error).rstrip(".")) from error

    def close(self) -> None:
        self.client.close()
