"""What every strategy does."""

from __future__ import annotations

from typing import Protocol

from domain.ports import Retrieval, Retrieved
from domain.recommendations import SimilarRequest
from domain.spaces import Space


class Strategy(Protocol):
    async def similar(self, retrieval: Retrieval, space: Space, request: SimilarRequest) -> Retrieved:
        """At most `request.first` candidates for what to play after one track, best first, caps and diversity
        applied. The seed is None when it has no vector in the space."""
        ...
