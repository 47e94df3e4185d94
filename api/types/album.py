"""An album and its tracks."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import strawberry

from api import cover_links
from api.context import Info
from api.cursors import Cursors
from api.types import track as track_type
from api.types.arguments import DEFAULT_PAGE, After, CoverSize, First
from api.types.connection import Connection, connection
from api.types.enums import DatePrecision
from api.types.lazy import LazyTrack
from api.types.node import Node
from api.types.resolved import resolved
from domain import catalogue, ids
from domain.errors.asking import AlbumNotFound


@strawberry.type(description="An album: recordings that belong together, such as those of one concert or release.")
class Album(Node):
    title: str = strawberry.field(description="Its title.")
    key: strawberry.Private[int]
    row: strawberry.Private[catalogue.Album | None] = None

    @classmethod
    def of(cls, row: catalogue.Album) -> Album:
        return cls(id=strawberry.ID(ids.encode("Album", row.id)), title=row.title, key=row.id, row=row)

    @classmethod
    def titled(cls, key: int, title: str) -> Album:
        """An album of which only the title is known yet; the rest is read when it is asked for."""
        return _titled(key, title)

    @resolved("The performer or ensemble the album is filed under.")
    async def artist(self, info: Info) -> str | None:
        return (await self._whole(info)).artist

    @resolved("When it was recorded or released, in the words of its source.")
    async def date_text(self, info: Info) -> str | None:
        return (await self._whole(info)).date_text

    @resolved("The first day that `dateText` can mean.")
    async def date_from(self, info: Info) -> date | None:
        return (await self._whole(info)).date_from

    @resolved("The last day that `dateText` can mean.")
    async def date_to(self, info: Info) -> date | None:
        return (await self._whole(info)).date_to

    @resolved("How exactly `dateFrom` and `dateTo` are known; null where `dateText` cannot be read as a date.")
    async def date_precision(self, info: Info) -> DatePrecision | None:
        return (await self._whole(info)).date_precision

    @resolved(
        "Where to see its cover: an image in its folder, else what is in the tags of its tracks; an address that"
        " expires after some days. Null where there is none."
    )
    async def cover_url(self, info: Info, size: CoverSize = None) -> str | None:
        return await cover_links.cover_url(info.context, await info.context.loaders.album_covers.load(self.key), size)

    @resolved("Its tracks by disc and position.")
    async def tracks(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[LazyTrack] | None:
        return await connection(
            lambda size, key: info.context.loaders.album_tracks.load((self.key, size, key)),
            Cursors(f"tracks of album {self.key}", (int, int, int)),
            track_type.Track.of,
            lambda: self._track_count(info),
            first,
            after,
        )

    async def _track_count(self, info: Info) -> int:
        return await info.context.loaders.album_track_counts.load(self.key) or 0

    async def _whole(self, info: Info) -> catalogue.Album:
        row = self.row or await info.context.loaders.albums.load(self.key)
        if row is None:
            raise AlbumNotFound(id=self.id)
        return row


# The same for every request: it holds nothing of one.
@lru_cache(maxsize=4_000)
def _titled(key: int, title: str) -> Album:
    return Album(id=strawberry.ID(ids.encode("Album", key)), title=title, key=key)


async def album_by_id(info: Info, album_id: str) -> Album:
    """Raises InvalidId and AlbumNotFound."""
    row = await info.context.loaders.albums.load(ids.decode_key("Album", album_id))
    if row is None:
        raise AlbumNotFound(id=album_id)
    return Album.of(row)
