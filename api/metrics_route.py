"""`/metrics`: what this process counted, and what its database holds, for Prometheus."""

from __future__ import annotations

import os
import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.context import Context, asked_by_curator, is_at_the_server
from api.metrics import CONTENT_TYPE, Counter, Gauge, Histogram, exposed, gauge
from api.services import Services
from domain.errors.base import Retryable
from domain.loopback import is_loopback
from sql.service_facts import Backlog, ServiceFacts, service_facts

STARTED = time.time()
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
NONE = Backlog(0, 0.0)


async def metrics(request: Request) -> Response:
    """For who looks after the service: from this machine, or with a curator's credentials. Without its database it
    says what it knows itself, and `segue_database_up 0`."""
    services: Services = request.app.state.services
    if not await may_observe(request):
        return PlainTextResponse("Metrics are for curators, and for this machine.\n", 403)
    try:
        facts = await service_facts(services.database)
    except Retryable:
        facts = None
    return PlainTextResponse(exposed([*_own(services), *_of_database(facts)]), headers={"Content-Type": CONTENT_TYPE})


async def may_observe(request: Request) -> bool:
    """Whether this machine asks, addressed as itself (so that no proxy on it passes the metrics on), or a curator."""
    local = request.client is not None and is_loopback(request.client.host) and is_at_the_server(request)
    return local or await asked_by_curator(Context.of(request.app.state.services, request))


def _own(services: Services) -> list[Counter | Histogram | Gauge]:
    observer, gate, database = services.observer, services.gate, services.database
    return [
        observer.requests,
        observer.seconds,
        observer.cost,
        observer.errors,
        gauge("segue_requests_in_flight", "Operations that are answered now.", gate.inside),
        gauge("segue_requests_in_flight_limit", "Operations that may be answered at once.", gate.maximum),
        gauge("segue_pool_in_use", "Connections to the database that are in use.", database.in_use),
        gauge("segue_pool_size", "Connections to the database that there may be.", database.size),
        gauge("segue_pool_waiting", "Requests that wait for a connection.", database.waiting),
        gauge("segue_slow_statements", "Statements since the start that took too long.", database.slow.count),
        gauge("segue_subscriptions", "Subscriptions that are open.", services.subscriptions.taken),
        gauge("segue_sockets", "WebSockets that are open.", services.sockets.taken),
        gauge("process_resident_memory_bytes", "Memory of this process.", _resident_bytes()),
        gauge("process_start_time_seconds", "When this process began, in seconds since 1970.", STARTED),
    ]


def _of_database(facts: ServiceFacts | None) -> list[Gauge]:
    up = gauge("segue_database_up", "Whether the database answers.", facts is not None)
    if facts is None:
        return [up]
    jobs = [({"status": status}, facts.jobs.get(status, NONE)) for status in ("WAITING", "RUNNING")]
    spaces = [
        (
            {"space": row.name, "revision": row.revision, "state": row.state, "indexed": str(row.indexed).lower()},
            row.tracks,
        )
        for row in facts.spaces
    ]
    models = [
        ({"model": row.name, "strategy": row.strategy, "simulated": str(row.simulated).lower()}, 1)
        for row in facts.models
    ]
    oldest = [(labels, backlog.oldest_seconds) for labels, backlog in jobs]
    return [
        up,
        Gauge("segue_jobs", "Jobs that are not done.", [(labels, backlog.jobs) for labels, backlog in jobs]),
        Gauge("segue_oldest_job_seconds", "How long ago the oldest job that is not done was asked for.", oldest),
        Gauge("segue_space_tracks", "Tracks in each space's active revision.", spaces),
        Gauge("segue_model_active", "Trained models that answer.", models),
    ]


def _resident_bytes() -> float:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE_BYTES
    except OSError:  # no Linux
        return float("nan")
