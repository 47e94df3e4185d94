"""Whether the process lives (`/healthz`), and whether it can answer (`/readyz`)."""

from __future__ import annotations

import logging

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.services import Services
from domain.errors.base import SegueError
from domain.errors.machine import DatabaseBehind, DatabaseNewer
from sql.schema_head import newest_revision, revision_of

logger = logging.getLogger("segue.api")

# A load balancer that gets no answer by then takes it for none.
READY_SECONDS = 4.0


async def healthz(request: Request) -> Response:
    """Says that the process answers; not whether the database does."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when database, schema, and the files of the models that answer are there, 503 with the code of what is not;
    the log says more."""
    services: Services = request.app.state.services
    checks = {"database": "UNKNOWN", "schema": "UNKNOWN", "models": "UNKNOWN"}
    with anyio.move_on_after(READY_SECONDS):
        for name, check in (("database", _database), ("schema", _schema), ("models", _models)):
            try:
                await check(services)
                checks[name] = "ok"
            except SegueError as error:
                logger.warning("Not ready: %s", error)
                checks[name] = error.code
                break
    ready = all(found == "ok" for found in checks.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        200 if ready else 503,
        {"Cache-Control": "no-store"},
    )


async def _database(services: Services) -> None:
    """Raises DatabaseUnreachable or Overloaded."""
    await services.database.rows("SELECT 1")


async def _schema(services: Services) -> None:
    """Raises DatabaseBehind or DatabaseNewer."""
    found, expected = await revision_of(services.database), newest_revision()
    if found is None or found < expected:
        raise DatabaseBehind(revision=found or "empty", expected=expected)
    if found > expected:
        raise DatabaseNewer(revision=found)


async def _models(services: Services) -> None:
    """Loads what the active models need and keeps it. Raises ArtefactMissing, ArtefactDamaged, and the storage's
    errors."""
    for model in await services.served_models.served():
        if model.active:
            await services.served_models.encoder(model)
