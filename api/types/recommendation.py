"""Lists of tracks to play next."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.types import space as space_type
from api.types import track as track_type
from api.types.enums import ReasonKind, Strategy
from api.types.inputs import RecommendationOptions, TrackFilter, filter_of, options_of
from api.types.lazy import LazyTrack
from api.types.resolved import resolved
from domain import recommendations
from domain.list_token import list_token

# Vectors have 4 bytes a number: further digits would be noise.
SCORE_DIGITS = 6


@strawberry.type(
    description="A fact that speaks for a recommended track; nothing is said that the archive does not hold."
)
class RecommendationReason:
    kind: ReasonKind = strawberry.field(description="What kind of fact.")
    text: str = strawberry.field(description="The fact in words for a listener, in English.")
    track_key: strawberry.Private[int]

    @resolved("The track it refers to: the one that the list was asked for.")
    async def track(self, info: Info) -> LazyTrack:
        return await track_type.track_by_key(info, self.track_key)


@strawberry.type(description="One place of a list of recommendations.")
class Recommendation:
    rank: int = strawberry.field(description="Its place, counted from 1.")
    score: float | None = strawberry.field(
        description="Cosine similarity, −1 to 1, larger is nearer. Null when nothing could be compared."
    )
    track: LazyTrack = strawberry.field(description="What is recommended.")
    reasons: list[RecommendationReason] = strawberry.field(description="Why, strongest first; may be empty.")

    @classmethod
    def of(cls, item: recommendations.Recommendation) -> Recommendation:
        return cls(
            rank=item.rank,
            score=None if item.score is None else round(item.score, SCORE_DIGITS),
            track=track_type.Track.of_candidate(item.candidate),
            reasons=[
                RecommendationReason(kind=reason.kind, text=reason.text, track_key=reason.track_id)
                for reason in item.reasons
            ],
        )


@strawberry.type(description="Tracks to play next. It holds as many as were asked for, or all that match.")
class RecommendationList:
    @resolved("A signed name for exactly this list, to be handed back with what a listener does with it.")
    async def id(self, info: Info) -> strawberry.ID:
        return strawberry.ID(list_token(await info.context.services.signer(), self.seed_key, self.found))

    strategy: Strategy | None = strawberry.field(
        description="How they were found. Null when nothing could be compared; see `fallbackReason`."
    )
    fallback_reason: str | None = strawberry.field(
        description="Why the list is not what was meant, in words for a person; null when it is."
    )
    items: list[Recommendation] = strawberry.field(description="The tracks, best first.")
    seed_key: strawberry.Private[int]
    found: strawberry.Private[recommendations.RecommendationList]

    @resolved("Where they were compared. Null when nothing could be compared.")
    async def space(self, info: Info) -> space_type.Space | None:
        return await space_type.space_by_name(info, self.found.space) if self.found.space else None


async def similar(
    info: Info,
    track_key: int,
    first: int,
    strategy: Strategy | None,
    space: str | None,
    where: TrackFilter | None,
    options: RecommendationOptions | None,
) -> RecommendationList:
    """What to play after one track. Raises what RecommendationService.similar does."""
    request = recommendations.SimilarRequest(
        track_id=track_key,
        first=first,
        strategy=strategy,
        space=space,
        filter=filter_of(where),
        options=options_of(options),
    )
    found = await info.context.services.recommendations.similar(request)
    return RecommendationList(
        strategy=found.strategy,
        fallback_reason=found.fallback_reason,
        items=[Recommendation.of(item) for item in found.items],
        seed_key=track_key,
        found=found,
    )
