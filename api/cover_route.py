"""Serves covers to those who hold a signed address."""

from __future__ import annotations

import time

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from api.cover_links import CONTENT_TYPES, is_valid
from api.services import Services
from domain.errors.machine import DatabaseUnreachable
from jobs.storage.keys import cover_key

# A picture under its SHA-256 never changes. And whatever it holds, it is shown as a picture or not at all.
HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


async def cover(request: Request) -> Response:
    """`/cover/{sha256}.{ending}?expires=…&signature=…`: 403 for an address that is forged or expired, 404 when the
    picture is not there any more."""
    services: Services = request.app.state.services
    name = request.path_params["name"]
    query = request.query_params
    try:
        signer = await services.signer()
    except DatabaseUnreachable:
        return PlainTextResponse("The database does not answer.", 503, {"Retry-After": "1"})
    if not is_valid(signer, name, query.get("expires", ""), query.get("signature", ""), time.time()):
        return PlainTextResponse("This address is not valid, or not any more. Ask for `coverUrl` again.", 403)
    sha256, _, ending = name.partition(".")
    key, headers = cover_key(sha256), HEADERS | {"ETag": f'"{sha256}"'}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    path = (await services.storage()).local_path(key)
    if path is None or not await anyio.Path(path).is_file():
        return PlainTextResponse("The picture is not there any more.", 404)
    return FileResponse(path, media_type=CONTENT_TYPES[ending], headers=headers)
