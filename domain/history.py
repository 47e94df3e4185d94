"""What someone heard, and how much each of it counts when it is asked what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from domain.listening import InteractionKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The newest interactions that are read for a list.
MAX_HISTORY = 500
COUNTS = {InteractionKind.PLAY: 1.0, InteractionKind.COMPLETE: 1.0, InteractionKind.LIKE: 2.0}
COUNTS_AGAINST = {InteractionKind.SKIP: 1.0, InteractionKind.DISLIKE: 2.0}
# What was heard so many tracks before the newest counts half: a session is about now, a user about the last weeks.
SESSION_HALF_LIFE = 5
USER_HALF_LIFE = 50


@dataclass(frozen=True, slots=True)
class Heard:
    """One interaction; `in_session`: it belongs to the session that is asked about."""

    track_id: int
    kind: InteractionKind
    in_session: bool = True


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


def liked(heard: Sequence[Heard]) -> list[tuple[int, float]]:
    """What speaks for a taste, oldest first, as track and weight: plays, completed ones and likes. A skip or dislike
    takes what was heard of its track before out again."""
    refused = {entry.track_id: place for place, entry in enumerate(heard) if entry.kind in COUNTS_AGAINST}
    return [
        (entry.track_id, COUNTS[entry.kind])
        for place, entry in enumerate(heard)
        if entry.kind in COUNTS and place > refused.get(entry.track_id, -1)
    ]


def disliked(heard: Sequence[Heard]) -> list[tuple[int, float]]:
    """What speaks against: the skips and dislikes that no later play, completed one or like took back."""
    kept: dict[int, float] = {}
    for entry in heard:
        kept.pop(entry.track_id, None)
        if entry.kind in COUNTS_AGAINST:
            kept[entry.track_id] = COUNTS_AGAINST[entry.kind]
    return list(kept.items())


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
