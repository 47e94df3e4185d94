"""The web application: wires settings, database and routes."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from api.audio_route import audio
from api.cover_route import cover
from api.front_door import FrontDoor
from api.graphql_route import graphql
from api.health_route import healthz, readyz
from api.metrics_route import metrics
from api.page_route import page, page_file, query_hashes
from api.report_route import report
from api.sdl_route import sdl
from api.services import Services
from api.subsonic.route import subsonic
from api.unexpected import failed
from api.upload_route import upload
from api.websocket_route import websocket
from domain.loopback import is_loopback
from domain.settings import Settings
from sql.database import Database

GARBAGE_LOOKED_FOR_AFTER = 20_000

# What a function in the cloud cannot do, or leaves to the object storage.
LOCAL_ROUTES = [
    Route("/audio/{track}", audio),
    Route("/cover/{name}", cover),
    Route("/upload/{token}", upload, methods=["PUT"]),
    Route("/report/{signed}/{name}", report),
    Route("/metrics", metrics),
    WebSocketRoute("/graphql", websocket),
]


def create_app(settings: Settings, database: Database | None = None, *, in_cloud: bool = False) -> Starlette:
    """The application on one database, `settings.database_url` unless another is given.

    The database is first reached by the first request, so the application starts, and recovers, without it.
    `in_cloud`: recordings are not on this machine, an answer is sent as a whole, and anybody may reach it.
    """
    if database is None:
        if settings.database_url is None:
            raise ValueError("create_app needs settings.database_url; from_environment finds the embedded server")
        database = Database.of(settings.database_url, settings)
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/web/queries.json", query_hashes),
            Route("/web/{name:path}", page_file),
            Route("/graphql", graphql, methods=["GET", "POST"]),
            # The same; in the cloud, behind the gateway's authorizer.
            Route("/curator/graphql", graphql, methods=["GET", "POST"]),
            Route("/schema.graphql", sdl),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *([Route("/rest/{name}", subsonic, methods=["GET", "POST"])] if settings.subsonic else []),
            *([] if in_cloud else LOCAL_ROUTES),
        ],
        middleware=_middleware(settings, in_cloud=in_cloud),
        exception_handlers={Exception: failed},
        lifespan=_lifespan,
    )
    app.state.services = Services(
        database,
        settings,
        serves_audio=not in_cloud,
        streams=not in_cloud,
        only_local=not in_cloud and is_loopback(settings.host),
    )
    return app


def from_environment() -> Starlette:
    """The application as `uvicorn --factory` starts it. Without SEGUE_DATABASE_URL the embedded server is started or
    joined."""
    settings = Settings()
    if settings.database_url is None:
        # Only here: in the cloud there is no embedded server to import.
        from sql.embedded import ensure_running

        settings = settings.model_copy(update={"database_url": ensure_running(settings.data_dir)})
    app = create_app(settings)
    # What was made until now stays: the collector need not look through it again and again, while requests wait. A
    # request makes some thousand objects, nearly all of which go with it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_LOOKED_FOR_AFTER)
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    await app.state.services.close()


def _middleware(settings: Settings, *, in_cloud: bool) -> list[Middleware]:
    # In the cloud the gateway is the door.
    door = [] if in_cloud else [Middleware(FrontDoor, settings)]
    if not settings.cors_origins:
        return door
    return [
        *door,
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT"],
            allow_headers=["content-type", "authorization"],
            expose_headers=["x-request-id", "retry-after"],
            max_age=86_400,
        ),
    ]
