"""Lists of tracks to play next."""

from __future__ import annotations

import strawberry

from api.context import Info
from api.selections import asks_for
from api.types import space as space_type
from api.types import track as track_type
from api.types.enums import ReasonKind, Strategy
from api.types.inputs import RecommendationOptions, TrackFilter, filter_of, options_of
from api.types.lazy import LazyTrack
from api.types.model import Model
from api.types.resolved import resolved
from domain import ids, recommendations
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

    @resolved(
        "The track it refers to: the one that the list was asked for, or one that the user heard; the recommended track"
        " itself where there is no other."
    )
    async def track(self, info: Info) -> LazyTrack:
        return await track_type.track_by_key(info, self.track_key)


@strawberry.type(description="One place of a list of recommendations.")
class Recommendation:
    rank: int = strawberry.field(description="Its place, counted from 1.")
    score: float | None = strawberry.field(
        description="Cosine similarity, −1 to 1, larger is nearer; on a way between two tracks, to the one before. Null"
        " when nothing could be compared."
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
    @resolved(
        "Names exactly this list, to be handed back with what a listener does with it. For a user or session it is kept"
        " here; else it is a signed text."
    )
    async def id(self, info: Info) -> strawberry.ID:
        if self.found.impression_id is not None:
            return strawberry.ID(ids.encode("Impression", str(self.found.impression_id)))
        return strawberry.ID(list_token(await info.context.services.signer(), self.seed_key, self.found))

    strategy: Strategy | None = strawberry.field(
        description="How they were found. Null when nothing could be compared; see `fallbackReason`."
    )
    strategy_reason: str | None = strawberry.field(
        description="Why this strategy, in words for a person, where it was chosen here; null where it was asked for."
    )
    fallback_reason: str | None = strawberry.field(
        description="Why the list is not what was meant, in words for a person; null when it is."
    )
    model: Model | None = strawberry.field(description="The trained model that answered; null where none did.")
    items: list[Recommendation] = strawberry.field(description="The tracks, best first.")
    seed_key: strawberry.Private[int]
    found: strawberry.Private[recommendations.RecommendationList]

    @classmethod
    def of(cls, found: recommendations.RecommendationList, seed_key: int = 0) -> RecommendationList:
        """`seed_key` is the track that an anonymous list was asked for with."""
        return cls(
            strategy=found.strategy,
            strategy_reason=found.strategy_reason,
            fallback_reason=found.fallback_reason,
            model=None if found.model is None else Model.of(found.model),
            items=[Recommendation.of(item) for item in found.items],
            seed_key=seed_key,
            found=found,
        )

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
        explained=asks_for(info, "reasons"),
    )
    return RecommendationList.of(await info.context.services.recommendations.similar(request), track_key)
