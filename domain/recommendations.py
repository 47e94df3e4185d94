"""What is asked for when something is to be recommended, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from domain.catalogue import Composer, Segment, Track
from domain.errors.asking import InvalidFilter, InvalidOption, InvalidPageSize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from domain.models import ServedModel

MAX_LIST_LENGTH = 100
# A filter's lists are bounded so that one request cannot carry a catalogue.
MAX_FILTER_ENTRIES = 1_000
# Each interest is a search of its own.
MAX_INTERESTS = 5


class StrategyName(StrEnum):
    """How a request becomes query vectors in a space."""

    KNN = "KNN"
    SHALLOW = "SHALLOW"
    CONTRASTIVE = "CONTRASTIVE"
    HYBRID = "HYBRID"
    BERT4REC = "BERT4REC"
    COLLABORATIVE = "COLLABORATIVE"
    POPULAR = "POPULAR"
    PERSONALIZED_MOST_POPULAR = "PERSONALIZED_MOST_POPULAR"
    RANDOM = "RANDOM"
    AUTO = "AUTO"


# What must be trained on an archive before it can answer there.
TRAINED = (
    StrategyName.SHALLOW,
    StrategyName.CONTRASTIVE,
    StrategyName.HYBRID,
    StrategyName.BERT4REC,
    StrategyName.COLLABORATIVE,
)


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """Which tracks may appear. Every condition that is set must hold; within one list, any entry will do, except for
    `tags`, of which a track must have all. Durations are seconds, both ends included; years likewise, and a track
    without a known year matches no year range."""

    album_ids: tuple[int, ...] = ()
    composer_ids: tuple[int, ...] = ()
    performers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    min_duration_seconds: float | None = None
    max_duration_seconds: float | None = None
    year_from: int | None = None
    year_to: int | None = None
    exclude_track_ids: tuple[int, ...] = ()
    work_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("album_ids", "composer_ids", "performers", "tags", "exclude_track_ids", "work_ids"):
            if len(getattr(self, name)) > MAX_FILTER_ENTRIES:
                raise InvalidFilter(
                    field=name, value=f"{len(getattr(self, name))} entries", reason=f"at most {MAX_FILTER_ENTRIES}."
                )
        _refuse_reversed("min_duration_seconds", self.min_duration_seconds, self.max_duration_seconds)
        _refuse_reversed("year_from", self.year_from, self.year_to)

    @property
    def selects(self) -> bool:
        """Whether it does more than leave single tracks out."""
        return self != TrackFilter(exclude_track_ids=self.exclude_track_ids)


def _refuse_reversed(name: str, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise InvalidFilter(field=name, value=low, reason=f"the other end is {high}.")


@dataclass(frozen=True, slots=True)
class RecommendationOptions:
    """How a list is composed: at most so many tracks of one album, composer or work, and `diversity` from 0 (the
    nearest tracks) to 1 (each track as unlike those before it as the candidates allow), by maximal marginal
    relevance.

    The rest matters where a history is asked about: `interests`, into how many at most KNN divides it;
    `earlier_history`, whether what was heard before a session counts, too; `personal_popularity` from 0 to 1, how much
    what was heard often gains over what is near, where heard tracks may appear at all (Abbattista et al., 2024).
    """

    max_per_album: int | None = None
    max_per_composer: int | None = None
    diversity: float = 0.0
    max_per_work: int | None = None
    interests: int = 1
    earlier_history: bool = False
    personal_popularity: float = 0.0

    def __post_init__(self) -> None:
        for name in ("max_per_album", "max_per_composer", "max_per_work"):
            cap = getattr(self, name)
            if cap is not None and cap < 1:
                raise InvalidOption(field=name, value=cap, allowed="a number from 1")
        for name in ("diversity", "personal_popularity"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidOption(field=name, value=getattr(self, name), allowed="0 to 1")
        if not 1 <= self.interests <= MAX_INTERESTS:
            raise InvalidOption(field="interests", value=self.interests, allowed=f"1 to {MAX_INTERESTS}")

    @property
    def caps(self) -> bool:
        return any(cap is not None for cap in (self.max_per_album, self.max_per_composer, self.max_per_work))


@dataclass(frozen=True, slots=True)
class SimilarRequest:
    """What to play after one track. What is left None is chosen; what is named must be met. `explained`: the list says
    why."""

    track_id: int
    first: int = 10
    strategy: StrategyName | None = None
    space: str | None = None
    filter: TrackFilter = field(default_factory=TrackFilter)
    options: RecommendationOptions = field(default_factory=RecommendationOptions)
    explained: bool = True

    def __post_init__(self) -> None:
        require_list_length(self.first)


def require_list_length(first: int) -> None:
    """Raises InvalidPageSize unless `first` is 1 to 100, before anything is allocated."""
    if not 1 <= first <= MAX_LIST_LENGTH:
        raise InvalidPageSize(first=first, maximum=MAX_LIST_LENGTH)


@dataclass(frozen=True, slots=True)
class Plays:
    """What a rank by popularity comes from: how many users played a track here, how often this listener did, and how
    often they played its composer."""

    listeners: int
    own: int
    own_of_composer: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that retrieval found, with what re-ranking and reasons need. `distance` is the cosine distance (0–2) to
    the query, None where nothing was compared; `plays` is there where it was ranked by them. `tags` are its shown tags,
    best first; `embedding` has shape (dimension,) and is there only when asked for. `composers` are all people who
    composed it: neither "Traditional" nor "Anonymous", who are nobody in particular."""

    track: Track
    distance: float | None
    album_title: str | None
    composer_name: str | None
    tags: tuple[str, ...]
    embedding: NDArray[np.float32] | None = None
    composers: tuple[Composer, ...] = ()
    work_title: str | None = None
    plays: Plays | None = None


class ReasonKind(StrEnum):
    SAME_WORK = "SAME_WORK"
    SAME_COMPOSER = "SAME_COMPOSER"
    SAME_ALBUM = "SAME_ALBUM"
    SHARED_TAGS = "SHARED_TAGS"
    SOUNDS_ALIKE = "SOUNDS_ALIKE"
    NEAR_HEARD = "NEAR_HEARD"
    HEARD_BEFORE = "HEARD_BEFORE"
    POPULAR_HERE = "POPULAR_HERE"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a track is in the list, in words for a listener; `track_id` is the track it refers to: the recommended one
    itself where there is no other."""

    kind: ReasonKind
    text: str
    track_id: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One place of a list: `rank` counts from 1; `score` is the cosine similarity (−1 to 1), None without one."""

    rank: int
    score: float | None
    candidate: Candidate
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RecommendationList:
    """A list and where it comes from. `strategy` and `space` are None when nothing could be compared, and
    `fallback_reason` says why. `strategy_reason` says why this strategy, where it was chosen for the listener; `model`
    is the trained model that answered. `impression_id` is what a list is stored under that was shown to a user."""

    strategy: StrategyName | None
    space: str | None
    fallback_reason: str | None
    items: tuple[Recommendation, ...]
    strategy_reason: str | None = None
    model: ServedModel | None = None
    impression_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SegmentRecommendation:
    """One place of a list of segments: `score` is the cosine similarity (−1 to 1)."""

    rank: int
    score: float
    segment: Segment


@dataclass(frozen=True, slots=True)
class SegmentList:
    space: str
    items: tuple[SegmentRecommendation, ...]
