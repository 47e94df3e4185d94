"""What someone heard, and how much each of it counts when it is asked what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from domain.listening import InteractionKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The newest interactions that are read for a list.
MAX_HISTORY = 500
LIKED, HEARD, SKIPPED, DISLIKED = 2.0, 1.0, -1.0, -2.0
# What one interaction says where it is all that was done with a track in a sitting.
ALONE = {
    InteractionKind.PLAY: HEARD,
    InteractionKind.COMPLETE: HEARD,
    InteractionKind.SKIP: SKIPPED,
    InteractionKind.LIKE: LIKED,
    InteractionKind.DISLIKE: DISLIKED,
}
# What was heard so many tracks before the newest counts half: a session is about now, a user about the last weeks.
SESSION_HALF_LIFE = 5
USER_HALF_LIFE = 50


@dataclass(frozen=True, slots=True)
class Heard:
    """One interaction. `sitting` tells a user's sessions apart, and days where no session is known; `in_session`: it
    belongs to the session that is asked about; `plays` is what a source counted."""

    track_id: int
    kind: InteractionKind
    in_session: bool = True
    sitting: int = 0
    plays: int = 1


@dataclass(frozen=True, slots=True)
class History:
    """The newest interactions of a user, `heard`, oldest first; `newest_id` is the id of the newest one, 0 without any.
    `vectors` (tracks, dimension) of unit length are those of `track_ids` (tracks,), which are there in the space that
    was asked about; a track may have none."""

    user_id: UUID
    heard: tuple[Heard, ...]
    newest_id: int
    track_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]

    def of_session(self) -> tuple[Heard, ...]:
        return tuple(heard for heard in self.heard if heard.in_session)


@dataclass(frozen=True, slots=True)
class Weighted:
    """Tracks of a history with their vectors, oldest first: `track_ids` (items,), `vectors` (items, dimension),
    `weights` (items,) above 0."""

    track_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.track_ids)

    def nothing(self) -> Weighted:
        """Nothing, in the same space."""
        return Weighted(self.track_ids[:0], self.vectors[:0], self.weights[:0])

    def mean(self) -> NDArray[np.float32]:
        """The weighted mean (dimension,); zero where there is nothing."""
        total = self.weights.sum()
        return self.weights @ self.vectors / total if total > 0 else self.weights @ self.vectors


def _listenings(heard: Sequence[Heard]) -> list[tuple[int, float]]:
    """What was done with a track in one sitting is one listening; as track and weight, below 0 where it speaks against
    the track, in the order in which they began.

    The same rule as that of the listening that models are trained on (`sql.models.training_rows`): the newest like or
    dislike says it, without one whether it was heard to the end, without that whether it was skipped. Each doubling of
    `plays` counts one more.
    """
    found: dict[tuple[int, int], list[Heard]] = {}
    for entry in heard:
        found.setdefault((entry.track_id, entry.sitting), []).append(entry)
    return [(track_id, _weight(entries)) for (track_id, _), entries in found.items()]


def _weight(entries: list[Heard]) -> float:
    if len(entries) == 1 and entries[0].plays == 1:
        return ALONE[entries[0].kind]
    kinds = {entry.kind for entry in entries}
    judged = [entry.kind for entry in entries if entry.kind in (InteractionKind.LIKE, InteractionKind.DISLIKE)]
    if judged and judged[-1] is InteractionKind.DISLIKE:
        return DISLIKED
    if not judged and InteractionKind.COMPLETE not in kinds and InteractionKind.SKIP in kinds:
        return SKIPPED
    return (LIKED if judged else HEARD) * (1 + log2(max(entry.plays for entry in entries)))


def liked(heard: Sequence[Heard]) -> list[tuple[int, float]]:
    """What speaks for a taste, oldest first, as track and weight. A listening that speaks against a track takes what
    was heard of it before out again."""
    listenings = _listenings(heard)
    refused = {track_id: place for place, (track_id, weight) in enumerate(listenings) if weight < 0}
    return [
        (track_id, weight)
        for place, (track_id, weight) in enumerate(listenings)
        if weight > 0 and place > refused.get(track_id, -1)
    ]


def disliked(heard: Sequence[Heard]) -> list[tuple[int, float]]:
    """What speaks against, as track and weight above 0: the newest listening of each track, where it does."""
    newest: dict[int, float] = {}
    for track_id, weight in _listenings(heard):
        newest.pop(track_id, None)
        newest[track_id] = weight
    return [(track_id, -weight) for track_id, weight in newest.items() if weight < 0]


def weighted(entries: list[tuple[int, float]], history: History, half_life: float | None = None) -> Weighted:
    """The entries that have a vector. Each counts half for every `half_life` entries that came after it; None: age does
    not matter."""
    place = {int(track_id): row for row, track_id in enumerate(history.track_ids)}
    known = [(track_id, weight) for track_id, weight in entries if track_id in place]
    rows = [place[track_id] for track_id, _ in known]
    weights = np.array([weight for _, weight in known], dtype=np.float32)
    if half_life is not None:
        ages = np.arange(len(known) - 1, -1, -1, dtype=np.float32)
        weights = weights * np.exp2(-ages / np.float32(half_life))
    return Weighted(history.track_ids[rows], history.vectors[rows], weights.astype(np.float32))
