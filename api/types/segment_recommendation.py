"""Lists of segments that sound alike."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.types import segment as segment_type
from api.types import space as space_type
from api.types.recommendation import SCORE_DIGITS
from api.types.resolved import resolved
from domain import recommendations
from domain.list_token import segment_list_token


@strawberry.type(description="One place of a list of segments.")
class SegmentRecommendation:
    rank: int = strawberry.field(description="Its place, counted from 1.")
    score: float = strawberry.field(description="Cosine similarity, −1 to 1, larger is nearer.")
    segment: segment_type.Segment = strawberry.field(description="The segment of that track that sounds most alike.")


@strawberry.type(description="Segments of other tracks, one of each track, that sound like a range of this one.")
class SegmentRecommendationList:
    @resolved("A signed name for exactly this list, to be handed back with what a listener does with it.")
    async def id(self, info: Info) -> strawberry.ID:
        signer = await info.context.services.signer()
        return strawberry.ID(segment_list_token(signer, self.seed_key, *self.seed_range, self.found))

    items: list[SegmentRecommendation] = strawberry.field(description="The segments, best first.")
    seed_key: strawberry.Private[int]
    seed_range: strawberry.Private[tuple[float, float]]
    found: strawberry.Private[recommendations.SegmentList]

    @resolved("Where they were compared.")
    async def space(self, info: Info) -> space_type.Space:
        return await space_type.space_by_name(info, self.found.space)


async def similar_segments(
    info: Info, track_key: int, start_seconds: float, end_seconds: float, space: str | None, first: int
) -> SegmentRecommendationList:
    """Raises what RecommendationService.similar_segments does."""
    found = await info.context.services.recommendations.similar_segments(
        track_key, start_seconds, end_seconds, space, first
    )
    return SegmentRecommendationList(
        items=[
            SegmentRecommendation(
                rank=item.rank,
                score=round(item.score, SCORE_DIGITS),
                segment=segment_type.Segment.of(item.segment),
            )
            for item in found.items
        ],
        seed_key=track_key,
        seed_range=(start_seconds, end_seconds),
        found=found,
    )
