"""What one request carries to its resolvers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlsplit
from uuid import UUID

import strawberry

from api.loaders import Loaders
from api.services import Services
from domain.errors.listening import TokenInvalid
from domain.user_token import user_of_token


class Context:
    """Services, loaders of this request, the address the client reached us under ("http://host:port"), and what it
    sent as `Authorization`."""

    def __init__(self, services: Services, base_url: str, authorization: str | None = None) -> None:
        self.services = services
        self.base_url = base_url
        scheme, _, credentials = (authorization or "").strip().partition(" ")
        self._token = credentials.strip() if scheme.lower() == "bearer" else None

    @property
    def host(self) -> str | None:
        """The name or address in `base_url`."""
        return urlsplit(self.base_url).hostname

    @property
    def has_token(self) -> bool:
        return self._token is not None

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.services)

    async def visitor(self) -> UUID | None:
        """The user whose token came with the request; None without a token. The user may have been deleted. Raises
        TokenInvalid."""
        if self._token is None:
            return None
        user_id = user_of_token(await self.services.signer(), self._token, datetime.now(UTC))
        if user_id is None:
            raise TokenInvalid
        return user_id


Info = strawberry.Info[Context, None]
