"""The least that a Python service can do: one route of Starlette that runs the API's own statement and writes JSON.

    uvicorn bench.bare:app

It is what `bench.query` compares GraphQL with: the same pool, statement, server and encoder, and nothing else.
"""

from __future__ import annotations

from functools import cache

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.ids import decode_key, encode
from domain.recommendations import TrackFilter
from domain.settings import Settings
from domain.spaces import Space
from sql.database import Database
from sql.retrieval import nearest
from sql.retrieval.candidates import TRACK_COLUMNS
from sql.retrieval.recommended import PostgresRetrieval

FIRST = 20
# The columns of `sql.retrieval.candidates.DETAILS`.
TITLE, COMPOSER = 2, 2 + TRACK_COLUMNS
_known: dict[str, Space] = {}


async def similar(request: Request) -> Response:
    if not _known:
        _known.update(await PostgresRetrieval(_database(), exact_below=20_000).spaces())
    space = _known["musicnn-mtt"]
    statement = nearest.similar_tracks(space, TrackFilter(), FIRST, exact=not space.indexed)
    seed = decode_key("Track", request.query_params["id"])
    rows = await _database().rows(statement, {"seed": seed, "tag_revision": space.revision_id})
    items = [
        {
            "score": round(1.0 - row[0], 6),
            "track": {"id": encode("Track", row[1]), "title": row[TITLE], "composer": {"name": row[COMPOSER]}},
        }
        for row in rows[1 : FIRST + 1]
    ]
    return Response(orjson.dumps({"items": items}), media_type="application/json")


async def healthz(request: Request) -> Response:
    return Response()


@cache
def _database() -> Database:
    settings = Settings()
    assert settings.database_url
    return Database.of(settings.database_url, settings)


app = Starlette(routes=[Route("/similar", similar), Route("/healthz", healthz)])
