"""A composer and their tracks."""

from __future__ import annotations

from functools import lru_cache

import strawberry

from api.context import Info
from api.cursors import Cursors
from api.types import track as track_type
from api.types.arguments import DEFAULT_PAGE, After, First
from api.types.connection import Connection, connection
from api.types.lazy import LazyTrack
from api.types.node import Node
from api.types.resolved import resolved
from domain import catalogue, ids
from domain.errors.asking import ComposerNotFound


@strawberry.type(description="Who composed a track.")
class Composer(Node):
    name: str = strawberry.field(description="Their name, one for all spellings in the archive.")
    key: strawberry.Private[int]

    @classmethod
    def of(cls, row: catalogue.Composer) -> Composer:
        return cls.named(row.id, row.name)

    @classmethod
    def named(cls, key: int, name: str) -> Composer:
        return _named(key, name)

    @resolved("Their tracks by title, also those they composed with others.")
    async def tracks(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[LazyTrack] | None:
        return await connection(
            lambda size, key: info.context.loaders.composer_tracks.load((self.key, size, key)),
            Cursors(f"tracks of composer {self.key}", (str, int)),
            track_type.Track.of,
            lambda: self._track_count(info),
            first,
            after,
        )

    async def _track_count(self, info: Info) -> int:
        return await info.context.loaders.composer_track_counts.load(self.key) or 0


# The same for every request: it holds nothing of one. Most lists name a few over and over.
@lru_cache(maxsize=4_000)
def _named(key: int, name: str) -> Composer:
    return Composer(id=strawberry.ID(ids.encode("Composer", key)), name=name, key=key)


async def composer_by_id(info: Info, composer_id: str) -> Composer:
    """Raises InvalidId and ComposerNotFound."""
    row = await info.context.loaders.composers.load(ids.decode_key("Composer", composer_id))
    if row is None:
        raise ComposerNotFound(id=composer_id)
    return Composer.of(row)
