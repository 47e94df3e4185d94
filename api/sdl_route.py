"""`/schema.graphql`: the schema in GraphQL's own language, for tools that make types of it."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from api.schema import printed


async def sdl(request: Request) -> Response:
    return Response(_text(), media_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=300"})


@cache
def _text() -> str:
    return printed()
