"""RabbitMQ as the broker, for those who have one: `amqp://user:password@host:port/vhost`, or `amqps://` with TLS."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dramatiq
import pika.exceptions  # type: ignore[import-untyped]  # it publishes no types
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.errors import ConnectionClosed

from domain.errors.machine import BrokerMisnamed, BrokerUnreachable
from jobs.brokers.retrying import retries

# A machine that vanished is noticed when it missed two heartbeats.
SILENCE_SECONDS = 60.0

# The library tries six times; so, a server that swallows everything is an error within ten seconds.
CONNECTION = {"connection_attempts": "1", "socket_timeout": "1.5", "stack_timeout": "1.5"}


def worker(url: str, silence_seconds: float = SILENCE_SECONDS) -> dramatiq.Broker:
    """The server itself notices that a worker's connection is gone, and gives its messages to others at once.

    A connection over which no heartbeat comes counts as gone after about `silence_seconds`.
    """
    return _open(url, [retries()], silence_seconds)


def client(url: str) -> dramatiq.Broker:
    return _open(url, [], SILENCE_SECONDS)


def _open(url: str, middleware: list[dramatiq.Middleware], silence_seconds: float) -> dramatiq.Broker:
    parts = urlsplit(url)
    options = CONNECTION | {"heartbeat": str(round(silence_seconds / 2))}
    query = urlencode(options | dict(parse_qsl(parts.query)))
    try:
        return _Broker(url=urlunsplit(parts._replace(query=query)), middleware=middleware, confirm_delivery=True)
    except (ValueError, TypeError) as error:
        raise BrokerMisnamed(reason=str(error)) from error


class _Broker(RabbitmqBroker):
    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        try:
            return super().enqueue(message, delay=delay)
        except (ConnectionClosed, pika.exceptions.AMQPError, OSError) as error:
            raise BrokerUnreachable(reason=str(error) or type(error).__name__) from error
