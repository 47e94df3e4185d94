"""Lists of tracks that a text finds by how they sound."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.types import space as space_type
from api.types import track as track_type
from api.types.lazy import LazyTrack
from api.types.recommendation import SCORE_DIGITS
from api.types.resolved import resolved


@strawberry.type(description="One place of a list that a text found.")
class TextMatch:
    rank: int = strawberry.field(description="Its place, counted from 1.")
    score: float = strawberry.field(description="Cosine similarity of text and music, −1 to 1, larger is nearer.")
    track_key: strawberry.Private[int]

    @resolved("What sounds like the text.")
    async def track(self, info: Info) -> LazyTrack:
        return await track_type.track_by_key(info, self.track_key)


@strawberry.type(description="Tracks that sound like a text. It holds as many as were asked for, or all there are.")
class TextMatchList:
    items: list[TextMatch] = strawberry.field(description="The tracks, best first.")
    space_name: strawberry.Private[str]

    @resolved("Where they were compared.")
    async def space(self, info: Info) -> space_type.Space:
        return await space_type.space_by_name(info, self.space_name)


async def search_by_text(info: Info, text: str, space: str | None, first: int) -> TextMatchList:
    """Raises what TextSearch.search does."""
    found = await info.context.services.text_search.search(text, space, first)
    return TextMatchList(
        items=[
            TextMatch(rank=item.rank, score=round(item.score, SCORE_DIGITS), track_key=item.track_id)
            for item in found.items
        ],
        space_name=found.space,
    )
