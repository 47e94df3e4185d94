"""Serves the last evaluation's report to those who hold a signed address."""

from __future__ import annotations

import time

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from api.report_links import FIGURES, PAGE, is_valid
from api.services import Services
from domain.errors.machine import DatabaseUnreachable

TYPES = {PAGE: "text/html", FIGURES: "application/json"}
# It is one file with its styles and pictures in it, and runs nothing.
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def report(request: Request) -> Response:
    """`/report/{signed}/{name}`: 403 for an address that is forged or expired, 404 for what is not there."""
    services: Services = request.app.state.services
    try:
        signer = await services.signer()
    except DatabaseUnreachable:
        return PlainTextResponse("The database does not answer.", 503, {"Retry-After": "1"})
    if not is_valid(signer, request.path_params["signed"], time.time()):
        return PlainTextResponse("This address is not valid, or not any more. Ask for `evaluationReport` again.", 403)
    name = request.path_params["name"]
    path = services.report_folder / name
    if name not in TYPES or not await anyio.Path(path).is_file():
        return PlainTextResponse("There is no such report.", 404)
    return FileResponse(path, media_type=TYPES[name], headers=HEADERS)
