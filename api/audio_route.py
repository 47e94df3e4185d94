"""Serves the recordings of this machine to those who hold a signed address."""

from __future__ import annotations

import os
import time
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from api.audio_links import is_valid
from api.audio_types import content_type
from api.services import Services
from domain.errors.machine import DatabaseUnreachable
from domain.ids import MAX_DIGITS
from domain.paths import path_from_text
from jobs.storage.location import REMOTE


class Recording(FileResponse):
    """A file with byte ranges. A request for more ranges than a player asks for gets the whole file."""

    max_ranges = 5


async def audio(request: Request) -> Response:
    """`/audio/{track}?expires=…&signature=…`: 206 for a range, 416 for one outside, 403 for an address that is forged
    or expired, 404 when the file is not there any more."""
    services: Services = request.app.state.services
    number, query = request.path_params["track"], request.query_params
    # Not `{track:int}`: Python reads no numbers of thousands of digits, and would fail.
    track = int(number) if number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS else 0
    try:
        signer = await services.signer()
        allowed = is_valid(signer, track, query.get("expires", ""), query.get("signature", ""), time.time())
        if not allowed:
            return PlainTextResponse("This address is not valid, or not any more. Ask for `audioUrl` again.", 403)
        places = (await services.track_details.places([track])).get(track, [])
    except DatabaseUnreachable:
        return PlainTextResponse("The database does not answer.", 503, {"Retry-After": "1"})
    for place in places:
        path = path_from_text(place)
        found = None if place.startswith(REMOTE) else await _stat(path)
        if found is not None:
            media_type = content_type(path)
            return Recording(path, stat_result=found, media_type=media_type, headers={"Cache-Control": "private"})
    return PlainTextResponse("The recording is not there any more.", 404)


async def _stat(path: Path) -> os.stat_result | None:
    file = anyio.Path(path)
    try:
        return await file.stat() if await file.is_file() and os.access(path, os.R_OK) else None
    except OSError:
        return None
