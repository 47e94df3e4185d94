"""The listening page: one HTML file, and the modules, styles and queries that it loads. It asks the same GraphQL API as
everybody, and gets nothing else from here."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.persisted import OWN_QUERIES
from api.services import Services

FOLDER = Path(__file__).parent / "web"
PAGE = FOLDER / "index.html"
# The page itself is at `/`: its links are from there.
FILES = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file() and path != PAGE}
TYPES = {".js": "text/javascript", ".graphql": "application/graphql"}
HEADERS = {
    # After an update nobody sees the page of before: browsers ask whether a file is the same, which takes no bytes.
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file's bytes as they are and as gzip has them, and what names them."""

    modified_ns: int
    plain: bytes
    packed: bytes
    tag: str


_kept: dict[Path, Kept] = {}


async def page(request: Request) -> Response:
    services: Services = request.app.state.services
    policy = content_policy(has_remote_media=services.storage_base is not None)
    return _answer(request, _read(PAGE), "text/html", policy)


async def page_file(request: Request) -> Response:
    """What the page loads, with the page's headers; 404 for all that is not a file of it."""
    path = FILES.get(request.path_params["name"])
    if path is None:
        raise HTTPException(404)
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _answer(request, _read(path), kind, NOTHING)


async def query_hashes(request: Request) -> Response:
    """The SHA-256 of each committed query by the name of its file: what the page sends in place of the text."""
    return _answer(request, _hashes(), "application/json", NOTHING)


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
            # No text becomes code or HTML, by whatever way: the browser itself refuses.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _answer(request: Request, kept: Kept, media_type: str, policy: str) -> Response:
    is_packed = "gzip" in request.headers.get("accept-encoding", "") and len(kept.packed) < len(kept.plain)
    tag = f'"{kept.tag}-gzip"' if is_packed else f'"{kept.tag}"'
    headers = HEADERS | {"Content-Security-Policy": policy, "ETag": tag}
    known = request.headers.get("if-none-match", "")
    if tag in (name.strip().removeprefix("W/") for name in known.split(",")):
        return Response(status_code=304, headers=headers)
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(kept.packed if is_packed else kept.plain, media_type=media_type, headers=headers)


def _read(path: Path) -> Kept:
    """A file, read once for as long as it stays as it is: the page is made of some dozens."""
    modified_ns = path.stat().st_mtime_ns
    kept = _kept.get(path)
    if kept is None or kept.modified_ns != modified_ns:
        kept = _kept[path] = _of(path.read_bytes(), modified_ns)
    return kept


def _of(content: bytes, modified_ns: int = 0) -> Kept:
    return Kept(modified_ns, content, gzip.compress(content, mtime=0), sha256(content).hexdigest()[:32])


@cache
def _hashes() -> Kept:
    found = {path.stem: sha256(path.read_bytes()).hexdigest() for path in sorted(OWN_QUERIES.glob("*.graphql"))}
    return _of(orjson.dumps(found))
