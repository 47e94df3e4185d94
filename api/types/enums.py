"""The domain's enumerations, described for clients."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

import strawberry

from domain.catalogue import TrackOrder, TrackStatus
from domain.date_ranges import Precision as DatePrecision
from domain.jobs import JobStatus
from domain.listening import InteractionKind
from domain.recommendations import ReasonKind
from domain.recommendations import StrategyName as Strategy
from domain.spaces import SpaceState
from domain.training import ModelStatus

__all__ = [
    "DatePrecision",
    "InteractionKind",
    "JobStatus",
    "ModelStatus",
    "ReasonKind",
    "SpaceState",
    "Strategy",
    "TrackOrder",
    "TrackStatus",
]

E = TypeVar("E", bound=Enum)


def describe(enum: type[E], name: str, description: str, values: dict[E, str]) -> None:
    """Make a domain's enumeration one of the schema, with a description for each of its values."""
    made = strawberry.enum(enum, name=name, description=description)
    for value in made.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by strawberry.enum
        value.description = values[enum[value.name]]


describe(
    Strategy,
    "Strategy",
    "How recommendations are found. What is trained needs an active model of this archive.",
    {
        Strategy.KNN: "The tracks whose embeddings lie nearest to the track's own, or to the mean of what was heard.",
        Strategy.SHALLOW: "Trained: one layer each for what was heard and for tracks, compared by cosine.",
        Strategy.CONTRASTIVE: "Trained: what is heard of tracks, brought in line with who listens to them.",
        Strategy.HYBRID: "Trained: what is heard of tracks, in a model of what is listened to together.",
        Strategy.BERT4REC: "Trained: what was heard, read as a sequence.",
        Strategy.COLLABORATIVE: "Trained: what is listened to together, whatever it sounds like. It knows no track that"
        " nobody has listened to.",
        Strategy.POPULAR: "What most users have listened to.",
        Strategy.PERSONALIZED_MOST_POPULAR: "What the user has listened to most, then what is by the same composers,"
        " then what is popular.",
        Strategy.RANDOM: "Any tracks, the same until the user does something more.",
        Strategy.AUTO: "The best that this archive's data supports: the active model that did best on its own"
        " listening, without one KNN. `strategyReason` says which it was, and why.",
    },
)

describe(
    TrackOrder,
    "TrackOrder",
    "What a list of tracks is ordered by.",
    {
        TrackOrder.CATALOGUE: "In the order of import.",
        TrackOrder.TITLE: "By title; case and diacritics do not count, numbers count by their value.",
        TrackOrder.DURATION: "Shortest first.",
        TrackOrder.NEWEST: "Newest import first.",
    },
)

describe(
    TrackStatus,
    "TrackStatus",
    "Where a track stands on its way to being recommendable.",
    {
        TrackStatus.PENDING: "It waits to be embedded; until then, what is similar to it is guessed.",
        TrackStatus.EMBEDDED: "It is in the default space: comparable and recommendable.",
        TrackStatus.SILENT: "It holds no sound above −60 dBFS and is never embedded.",
        TrackStatus.FAILED: "It could not be embedded.",
        TrackStatus.MISSING: "Its recording is gone; it is not recommended until the file comes back.",
    },
)

describe(
    DatePrecision,
    "DatePrecision",
    "How exactly a date is known.",
    {
        DatePrecision.DAY: "To the day.",
        DatePrecision.MONTH: "To the month.",
        DatePrecision.YEAR: "To the year.",
    },
)

describe(
    JobStatus,
    "JobStatus",
    "Where a background job stands.",
    {
        JobStatus.WAITING: "It waits for a worker.",
        JobStatus.RUNNING: "A worker has it in hand.",
        JobStatus.SUCCEEDED: "It is finished; single items may have failed.",
        JobStatus.FAILED: "It gave up; `error` says why.",
        JobStatus.CANCELLED: "It was called off.",
    },
)

describe(
    ModelStatus,
    "ModelStatus",
    "Where a trained model stands.",
    {
        ModelStatus.TRAINING: "It is being trained.",
        ModelStatus.CANDIDATE: "It is trained, and answers where it is asked for by name.",
        ModelStatus.ACTIVE: "It answers for its strategy.",
        ModelStatus.RETIRED: "Another took its place; it answers where it is asked for by name.",
        ModelStatus.FAILED: "Its training came to nothing; `verdict` says why.",
    },
)

describe(
    InteractionKind,
    "InteractionKind",
    "What a user did with a track.",
    {
        InteractionKind.PLAY: "Listened to it, or to a part of it.",
        InteractionKind.COMPLETE: "Heard it to its end.",
        InteractionKind.SKIP: "Went on before its end.",
        InteractionKind.LIKE: "Liked it.",
        InteractionKind.DISLIKE: "Disliked it: it is not recommended to them any more.",
    },
)

describe(
    ReasonKind,
    "ReasonKind",
    "What speaks for a recommended track.",
    {
        ReasonKind.SAME_WORK: "Both are recordings of one work or its movements.",
        ReasonKind.SAME_COMPOSER: "Both are by one composer, or the user has listened to its composer.",
        ReasonKind.SAME_ALBUM: "Both are on one album.",
        ReasonKind.SHARED_TAGS: "The tagger hears the same in both.",
        ReasonKind.SOUNDS_ALIKE: "Their embeddings are near; there is nothing more to say.",
        ReasonKind.NEAR_HEARD: "Of all that was heard, the track that it is nearest to.",
        ReasonKind.HEARD_BEFORE: "The user has listened to it before.",
        ReasonKind.POPULAR_HERE: "How many users have listened to it.",
    },
)

describe(
    SpaceState,
    "SpaceState",
    "How full a space is.",
    {
        SpaceState.FILLING: "Its first embeddings already answer while others are still made.",
        SpaceState.READY: "Every track that can be embedded is in it.",
    },
)
