"""What one request carries to its resolvers."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

import anyio
import strawberry
from starlette.requests import HTTPConnection

from api.gateway import verified_claims
from api.loaders import Loaders
from api.services import Services
from domain.errors.listening import TokenInvalid
from domain.identity import Identity, Role
from domain.loopback import is_loopback

# What proxies add: who sends one of them is not at the server itself.
PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
# nginx adds nothing unless it is told to, calls the machine by its own name, and speaks HTTP 1.0, which no browser and
# no command line does.
OF_PROXIES = "1.0"


class Context:
    """Services, loaders of this request, the address the client reached us under ("http://host:port"), and what it
    sent as `Authorization`; `asked` is the request itself, or the handshake of the WebSocket that it came over."""

    def __init__(
        self, services: Services, base_url: str, authorization: str | None = None, asked: HTTPConnection | None = None
    ) -> None:
        self.services = services
        self.base_url = base_url
        self._authorization = authorization
        self._asked = asked
        self._found: Identity | TokenInvalid | None = None

    @classmethod
    def of(cls, services: Services, asked: HTTPConnection, authorization: str | None = None) -> Context:
        """The context of a request, or of a WebSocket that gave its `authorization` later."""
        base_url = str(asked.base_url).rstrip("/")
        return cls(
            services,
            base_url.replace("ws", "http", 1) if base_url.startswith("ws") else base_url,
            authorization or asked.headers.get("authorization"),
            asked,
        )

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.services)

    @cached_property
    def _finding_out(self) -> anyio.Lock:
        return anyio.Lock()

    @property
    def role(self) -> Role:
        """The role that was made use of so far; PUBLIC where nobody had to say who they are."""
        return self._found.role if isinstance(self._found, Identity) else Role.PUBLIC

    def doubt(self) -> None:
        """Find out anew who asks when that is next needed."""
        self._found = None

    async def identity(self) -> Identity:
        """Who asks, found out when it is first needed. A user may have been deleted.

        Raises TokenInvalid, IssuerUnreachable and DatabaseUnreachable.
        """
        async with self._finding_out:
            if self._found is None:
                asked = self._asked
                try:
                    self._found = await self.services.identities.of(
                        bearer_token(self._authorization),
                        None if asked is None else verified_claims(asked.scope),
                        at_the_server=self.services.only_local and asked is not None and is_at_the_server(asked),
                    )
                except TokenInvalid as error:
                    self._found = error
        if isinstance(self._found, TokenInvalid):
            raise TokenInvalid
        return self._found


def bearer_token(authorization: str | None) -> str | None:
    """What is sent as `Authorization: Bearer …`; None for any other scheme."""
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


async def asked_by_curator(context: Context) -> bool:
    """Whether a curator asks; whoever brings what is not valid does not. Raises IssuerUnreachable and
    DatabaseUnreachable."""
    try:
        return (await context.identity()).role is Role.CURATOR
    except TokenInvalid:
        return False


def is_at_the_server(asked: HTTPConnection) -> bool:
    """Whether the machine was addressed as itself, by nobody's proxy, and by no page of another site: what a proxy
    passes on, and pages whose name was made to point here, come under other names."""
    headers = asked.headers
    try:
        host = asked.base_url.hostname
    except ValueError:  # "[" is no host
        return False
    if not is_loopback(host) or any(name in headers for name in PASSED_ON):
        return False
    if asked.scope.get("http_version") == OF_PROXIES:
        return False
    origin = headers.get("origin")
    is_own = origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    return is_own and headers.get("sec-fetch-site", "none") in ("none", "same-origin")


Info = strawberry.Info[Context, None]
