"""What a search box shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import strawberry

from api.context import Info
from api.types import album as album_type
from api.types import composer as composer_type
from api.types import track as track_type
from api.types.lazy import LazyTrack
from api.types.resolved import resolved
from domain.recommendations import require_list_length
from sql.catalogue.search import SearchQuery

T = TypeVar("T")


@strawberry.type(
    description="What a search finds: each kind in a list of its own, for the sections of a search box. Only the lists"
    " that are selected are searched for.\n\n"
    "Everything found holds all the words of the text, in any order. Case and diacritics do not count (`dvorak` finds"
    " Dvořák), words may be unfinished (`beeth`), and from 4 letters on hold one typing error, from 8 on two. Best"
    " first: whole words, then beginnings, then mistyped words; among these, words of its own title, work or composer"
    " before words of its performers and album. What matches equally well is in the order of titles or names."
)
class SearchResults:
    query: strawberry.Private[SearchQuery]
    first: strawberry.Private[int]

    @resolved("Tracks, by title, work, composers, performers, album and arranger.")
    async def tracks(self, info: Info) -> list[LazyTrack]:
        keys = await self.query.tracks(self.first)
        return [track_type.Track.of(entry) for entry in _present(await info.context.loaders.tracks.load_many(keys))]

    @resolved("Albums, by title and artist, and after these by the composers and performers of their tracks.")
    async def albums(self, info: Info) -> list[album_type.Album]:
        keys = await self.query.albums(self.first)
        return [album_type.Album.of(row) for row in _present(await info.context.loaders.albums.load_many(keys))]

    @resolved("Composers, by name, and after these by other spellings that the archive knows.")
    async def composers(self, info: Info) -> list[composer_type.Composer]:
        keys = await self.query.composers(self.first)
        return [
            composer_type.Composer.of(row) for row in _present(await info.context.loaders.composers.load_many(keys))
        ]


def search(info: Info, text: str, first: int) -> SearchResults:
    """Raises InvalidPageSize and SearchTextTooLong; nothing is read yet."""
    require_list_length(first)
    return SearchResults(query=info.context.services.search.ask(text), first=first)


def _present(rows: Iterable[T | None]) -> list[T]:
    """Without what was removed while it was being searched for."""
    return [row for row in rows if row is not None]
