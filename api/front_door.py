"""Who is let in at all: not those who came by a name that is not ours, and nobody from elsewhere while the service is
open to everybody who reaches it.

A web page can have its own name point to this machine (DNS rebinding), and then reads answers and sends what it likes
as if it came from here; it cannot choose what its browser sends as `Host`. The address that a connection came in on is
the socket's own, whatever started the server.
"""

from __future__ import annotations

import re

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import UNREACHABLE, refused
from api.services import Services
from domain.errors.access import AuthenticationMissing, HostNotAllowed
from domain.errors.machine import DatabaseUnreachable
from domain.ids import shortened
from domain.loopback import is_loopback
from domain.settings import Settings

# Asked by machines, by whatever address, and told nothing but whether the service is well.
HEALTH = frozenset({"/healthz", "/readyz"})
POLICY_VIOLATION = 1008
PORT = re.compile(r"\d{0,5}", re.ASCII)
# What names of machines may have, and a port.
LONGEST_HOST = 260


class FrontDoor:
    """Looks at every request and every WebSocket before anything else does."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        # Elsewhere than on its own machine a service knows its names only if it is told.
        self._any_host = not is_loopback(settings.host) and not settings.allowed_hosts
        self._hosts = frozenset(name.lower() for name in settings.allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"] not in HEALTH:
            refusal = self._by_host(scope) or await _by_openness(scope)
            if refusal is not None:
                if scope["type"] == "http":
                    await refusal(scope, receive, send)
                else:
                    await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
        await self._app(scope, receive, send)

    def _by_host(self, scope: Scope) -> Response | None:
        sent = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        # Addresses in answers are made of it, and answers are kept by it.
        if all(len(host) <= LONGEST_HOST for host in sent) and (
            self._any_host or (len(sent) == 1 and self._is_ours(sent[0]))
        ):
            return None
        error = HostNotAllowed(host=shortened(", ".join(sent)))
        return _json(421, str(error), error.code)

    def _is_ours(self, sent: str) -> bool:
        host = _name_in(sent)
        return host in self._hosts or is_loopback(host)


def _name_in(sent: str) -> str:
    """The name or address in a `Host`, without its port; nothing where it is none."""
    if sent.startswith("["):
        address, _, rest = sent[1:].partition("]")
        return address if ":" in address and (not rest or (rest[0] == ":" and PORT.fullmatch(rest[1:]))) else ""
    host, colon, port = sent.partition(":")
    return host if not colon or PORT.fullmatch(port) else ""


async def _by_openness(scope: Scope) -> Response | None:
    server = scope.get("server")
    # A Unix socket has no port, and is reached from this machine alone.
    if not server or server[1] is None or is_loopback(server[0]):
        return None
    services: Services = HTTPConnection(scope).app.state.services
    try:
        if not await services.identities.is_open():
            return None
    except DatabaseUnreachable as unreachable:
        response = _json(503, UNREACHABLE[DatabaseUnreachable], unreachable.code)
        response.headers["Retry-After"] = "1"
        return response
    error = AuthenticationMissing(host=server[0])
    return _json(403, str(error), error.code)


def _json(status: int, message: str, code: str) -> Response:
    return Response(
        orjson.dumps(refused(message, code)), status, {"Cache-Control": "no-store"}, media_type="application/json"
    )
