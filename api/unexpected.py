"""The answer where a route failed in a way that nobody expected."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import request_ids
from api.errors import INTERNAL, masked, refused


async def failed(request: Request, error: Exception) -> Response:
    """500 with the id under which the log tells what happened, and nothing of it."""
    request_ids.begin(request.headers.get(request_ids.HEADER))
    message, extensions = masked(error, request.scope["path"])
    content = refused(message, INTERNAL)
    content["errors"][0]["extensions"] = extensions
    headers = {request_ids.HEADER: extensions["requestId"], "Cache-Control": "no-store"}
    return Response(orjson.dumps(content), 500, headers, media_type="application/json")
