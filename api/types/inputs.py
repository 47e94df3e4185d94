"""What recommendations and lists take: filters and options."""

from __future__ import annotations

import strawberry

from domain import ids, recommendations
from domain.lists import require_known_tags


@strawberry.input(
    description="Which tracks may appear. Every condition that is set must hold. Lists take up to 1,000 entries."
)
class TrackFilter:
    album_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="On any of these albums.")
    composer_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="By any of these composers, alone or with others."
    )
    work_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Recordings of any of these works or their movements."
    )
    performers: list[str] | None = strawberry.field(
        default=None, description="Played by any of these, names exactly as `Performer.name` gives them."
    )
    tags: list[str] | None = strawberry.field(
        default=None, description="With all of these among the tags that `Track.tags` shows."
    )
    min_duration_seconds: float | None = strawberry.field(default=None, description="At least so many seconds long.")
    max_duration_seconds: float | None = strawberry.field(default=None, description="At most so many seconds long.")
    year_from: int | None = strawberry.field(
        default=None,
        description="The album's dates reach into this year or a later one. A track without a known year matches no"
        " year range.",
    )
    year_to: int | None = strawberry.field(
        default=None, description="The album's dates begin in this year or an earlier one."
    )
    exclude_track_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="None of these tracks.")

    def to_domain(self) -> recommendations.TrackFilter:
        """Raises InvalidId for an id of another type, and InvalidFilter."""
        where = recommendations.TrackFilter(
            album_ids=_keys("Album", self.album_ids),
            composer_ids=_keys("Composer", self.composer_ids),
            work_ids=_keys("Work", self.work_ids),
            performers=tuple(self.performers or ()),
            tags=tuple(self.tags or ()),
            min_duration_seconds=self.min_duration_seconds,
            max_duration_seconds=self.max_duration_seconds,
            year_from=self.year_from,
            year_to=self.year_to,
            exclude_track_ids=_keys("Track", self.exclude_track_ids),
        )
        require_known_tags(where)
        return where


@strawberry.input(description="How a list of recommendations is composed.")
class RecommendationOptions:
    max_per_album: int | None = strawberry.field(
        default=None, description="At most so many tracks of one album, from 1. Null: any number."
    )
    max_per_composer: int | None = strawberry.field(
        default=None,
        description="At most so many tracks of one composer, from 1; one of several composers counts for"
        " each of them. Null: any number.",
    )
    max_per_work: int | None = strawberry.field(
        default=None, description="At most so many tracks of one work, from 1. Null: any number."
    )
    diversity: float = strawberry.field(
        default=0.0,
        description="From 0, the nearest tracks, to 1, each track as unlike those before it as can be (maximal"
        " marginal relevance).",
    )

    interests: int = strawberry.field(
        default=1,
        description="Into how many groups of tracks that are alike KNN divides what it starts from, 1 to 5: each has"
        " its fair share of the list. 1: everything is one.",
    )
    earlier_history: bool = strawberry.field(
        default=False,
        description="Whether what the user heard before the session counts, too, where a session is asked about. It"
        " does in any case where nothing was listened to in the session yet.",
    )
    personal_popularity: float = strawberry.field(
        default=0.0,
        description="From 0 to 1, how much tracks gain that the user listened to often, with `includeHeard`.",
    )

    def to_domain(self) -> recommendations.RecommendationOptions:
        """Raises InvalidOption."""
        return recommendations.RecommendationOptions(
            interests=self.interests,
            earlier_history=self.earlier_history,
            personal_popularity=self.personal_popularity,
            max_per_album=self.max_per_album,
            max_per_composer=self.max_per_composer,
            max_per_work=self.max_per_work,
            diversity=self.diversity,
        )


def filter_of(where: TrackFilter | None) -> recommendations.TrackFilter:
    return where.to_domain() if where else recommendations.TrackFilter()


def options_of(options: RecommendationOptions | None) -> recommendations.RecommendationOptions:
    return options.to_domain() if options else recommendations.RecommendationOptions()


def _keys(kind: str, node_ids: list[strawberry.ID] | None) -> tuple[int, ...]:
    return tuple(ids.decode_key(kind, node_id) for node_id in node_ids or ())
