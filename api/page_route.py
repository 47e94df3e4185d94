"""The listening page: one HTML file, and the modules, styles and queries that it loads. It asks the same GraphQL API as
everybody, and gets nothing else from here."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.persisted import OWN_QUERIES
from api.services import Services

FOLDER = Path(__file__).parent / "web"
PAGE = FOLDER / "index.html"
# After an update nobody sees the page of before: browsers ask whether a file is the same, which takes no bytes.
CACHED = "no-cache"
HEADERS = {
    "Cache-Control": CACHED,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PageFiles(StaticFiles):
    """What the page loads, with the page's headers."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        # The page itself is at `/`: its links are from there.
        if path == PAGE.name:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})
        return response


async def page(request: Request) -> Response:
    services: Services = request.app.state.services
    headers = HEADERS | {"Content-Security-Policy": content_policy(has_remote_media=services.storage_base is not None)}
    return FileResponse(PAGE, media_type="text/html", headers=headers)


async def query_hashes(request: Request) -> Response:
    """The SHA-256 of each committed query by the name of its file: what the page sends in place of the text."""
    return Response(hashes(), media_type="application/json", headers=HEADERS)


def content_policy(*, has_remote_media: bool) -> str:
    """What the page may load and do. Covers and recordings come from the object storage where there is one."""
    media = "'self' https:" if has_remote_media else "'self'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {media}",
            f"media-src {media}",
            f"connect-src {media}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


@cache
def hashes() -> bytes:
    found = {path.stem: sha256(path.read_bytes()).hexdigest() for path in sorted(OWN_QUERIES.glob("*.graphql"))}
    return orjson.dumps(found)
