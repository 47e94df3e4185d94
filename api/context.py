"""What one request carries to its resolvers."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlsplit

import strawberry

from api.loaders import Loaders
from api.services import Services


class Context:
    """Services, loaders of this request, and the address the client reached us under ("http://host:port")."""

    def __init__(self, services: Services, base_url: str) -> None:
        self.services = services
        self.base_url = base_url

    @property
    def host(self) -> str | None:
        """The name or address in `base_url`."""
        return urlsplit(self.base_url).hostname

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.services)


Info = strawberry.Info[Context, None]
