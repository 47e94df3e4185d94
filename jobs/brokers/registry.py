"""The broker that an address names."""

from __future__ import annotations

from importlib import import_module
from typing import cast
from urllib.parse import urlsplit

import dramatiq

from domain.errors.machine import BrokerUnknown, ExtraMissing
from jobs.brokers import postgres
from jobs.brokers.protocol import Opener

# Scheme of SEGUE_BROKER_URL, the module that speaks it, and the extra its library comes with.
SCHEMES = {
    "redis": ("jobs.brokers.redis", "redis"),
    "rediss": ("jobs.brokers.redis", "redis"),
    "amqp": ("jobs.brokers.amqp", "amqp"),
    "amqps": ("jobs.brokers.amqp", "amqp"),
    "sqs": ("jobs.brokers.sqs", "aws"),
}


def client_broker(broker_url: str | None, database_url: str) -> dramatiq.Broker:
    """The broker of a process that only asks for jobs: an enqueue that cannot be done is an error within seconds.

    Enqueuing raises BrokerUnreachable, or DatabaseUnreachable where the database is the broker. Nothing is connected
    before. Raises BrokerUnknown, BrokerMisnamed or ExtraMissing.
    """
    return find_opener(broker_url).client(broker_url or database_url)


def worker_broker(broker_url: str | None, database_url: str) -> dramatiq.Broker:
    """The broker of a worker process: it holds on through an absence of the server.

    Actors have no time limit, since a recording may last hours. A message whose actor raised is tried again as
    `jobs.brokers.retrying` says. Raises BrokerUnknown, BrokerMisnamed or ExtraMissing.
    """
    return find_opener(broker_url).worker(broker_url or database_url)


def find_opener(broker_url: str | None) -> Opener:
    """The module that speaks an address's scheme. Raises BrokerUnknown or ExtraMissing."""
    if not broker_url:
        return postgres
    scheme = urlsplit(broker_url).scheme
    if scheme not in SCHEMES:
        # Not the address itself, which may hold a password.
        raise BrokerUnknown(scheme=scheme or broker_url.partition("@")[2] or broker_url, accepted=_accepted())
    module, extra = SCHEMES[scheme]
    try:
        return cast(Opener, import_module(module))
    except ModuleNotFoundError as error:
        raise ExtraMissing(feature=f"SEGUE_BROKER_URL={scheme}://…", extra=extra) from error


def _accepted() -> str:
    return ", ".join(f"{scheme}://" for scheme in SCHEMES)
