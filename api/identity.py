"""Finds out who asks, from what came with a request."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from api.oidc import Claims, Oidc, holds
from domain.api_key import MARK
from domain.errors.listening import TokenInvalid
from domain.errors.machine import DatabaseUnreachable
from domain.identity import NOBODY, Identity, Role
from domain.settings import Settings
from domain.signing import Signer
from domain.user_token import user_of_token
from sql.api_keys import ApiKeys

# Tokens with many groups have some thousand characters.
LONGEST_TOKEN = 16_384
LONGEST_NAME = 200
# A service that was closed is taken for closed so long; one that is open is asked about every time.
CLOSED_SECONDS = 60.0

AT_THE_SERVER = Identity(Role.CURATOR, name="at the server")


class Identities:
    """Who brings what: an API key, a curator's token, or a user's. Who brings something is what it says and no more;
    who brings nothing is nobody, or, where nothing is set up to be brought, a curator at the server itself."""

    def __init__(
        self,
        settings: Settings,
        keys: ApiKeys,
        signer: Callable[[], Awaitable[Signer]],
        *,
        in_cloud: bool,
    ) -> None:
        self._keys = keys
        self._signer = signer
        self._in_cloud = in_cloud
        self._closed_at = float("-inf")
        # In the cloud the gateway checks them, and its keys could not be fetched from there.
        self._oidc = None if in_cloud else Oidc.of(settings)
        self._curators = (settings.oidc_curator_claim, settings.oidc_curator_value)

    async def of(self, token: str | None, claims: Claims | None, *, at_the_server: bool) -> Identity:
        """`token` is what came as `Authorization: Bearer`, `claims` what the gateway verified.

        Raises TokenInvalid, IssuerUnreachable and DatabaseUnreachable.
        """
        if claims is not None and self._in_cloud:
            return self._of_claims(claims)
        if token is None:
            return AT_THE_SERVER if at_the_server and await self.is_open() else NOBODY
        found = await self._of_token(token) if len(token) <= LONGEST_TOKEN else None
        if found is None:
            raise TokenInvalid
        return found

    async def is_open(self) -> bool:
        """Whether nothing is set up by which curators are known. Raises DatabaseUnreachable."""
        now = time.monotonic()
        if self._in_cloud or self._oidc is not None or now - self._closed_at < CLOSED_SECONDS:
            return False
        try:
            is_closed = await self._keys.any_of_curators()
        except DatabaseUnreachable:
            if self._closed_at == float("-inf"):
                raise
            return False
        if is_closed:
            self._closed_at = now
        return not is_closed

    async def _of_token(self, token: str) -> Identity | None:
        """None for what is not valid."""
        if token.startswith(MARK):
            return await self._keys.identity(token)
        if token.count(".") == 2:
            claims = None if self._oidc is None else await self._oidc.claims(token)
            return None if claims is None else self._of_claims(claims)
        user_id = user_of_token(await self._signer(), token, datetime.now(UTC))
        return None if user_id is None else Identity(Role.USER, user_id)

    def _of_claims(self, claims: Claims) -> Identity:
        role = Role.CURATOR if holds(claims, *self._curators) else Role.PUBLIC
        return Identity(role, name=str(claims.get("sub", ""))[:LONGEST_NAME])
