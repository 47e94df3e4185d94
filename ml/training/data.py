"""What models are trained on: a catalogue, who heard what of it in which order, and what to predict of it.

Inside `ml`, an item is its row in the catalogue: 0, 1, …. Only the catalogue knows the archive's ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class History(NamedTuple):
    """What one user heard, oldest first: `items` (length,), and how much each counts, `weights` (length,), above 0."""

    items: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, items: Sequence[int] | NDArray[np.int64]) -> History:
        """Every item counts 1."""
        return cls(np.asarray(items, dtype=np.int64), np.ones(len(items), dtype=np.float32))

    def newest(self, length: int) -> History:
        start = max(0, len(self.items) - length)
        return History(self.items[start:], self.weights[start:])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items that there are: their `ids` (items,), each once, and their `content` (items, content dimension), the
    vectors of the audio space; None where a log comes without content."""

    ids: NDArray[np.int64]
    content: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Log:
    """Positive interactions as parallel arrays, sorted by user and, within a user, oldest first.

    `users` and `items` (interactions,), `times` (interactions,) in seconds since 1970, `weights` (interactions,),
    above 0.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    times: NDArray[np.float64]
    weights: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        users: NDArray[np.int64],
        items: NDArray[np.int64],
        times: NDArray[np.float64],
        weights: NDArray[np.float32] | None = None,
    ) -> Log:
        """Interactions in any order; at the same moment they stay in the order in which they come."""
        order = np.lexsort((times, users))
        counts = np.ones(len(users), dtype=np.float32) if weights is None else weights
        return cls(users[order], items[order], times[order], counts[order])

    def __len__(self) -> int:
        return len(self.users)

    def where(self, chosen: NDArray[np.bool_]) -> Log:
        return Log(self.users[chosen], self.items[chosen], self.times[chosen], self.weights[chosen])

    def histories(self) -> dict[int, History]:
        """Every user's history, in ascending order of users."""
        found, starts = np.unique(self.users, return_index=True)
        ends = np.append(starts[1:], len(self.users))
        return {
            int(user): History(self.items[start:end], self.weights[start:end])
            for user, start, end in zip(found, starts, ends, strict=True)
        }

    def sha256(self) -> str:
        """Hex; the same interactions have the same."""
        digest = hashlib.sha256()
        for part in (self.users, self.items, self.times, self.weights):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Cases:
    """What is predicted: from `histories` the item `targets` (cases,) that came next. `users` (cases,) says whose case
    it is; cases of one user are not independent."""

    users: NDArray[np.int64]
    histories: Sequence[History]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)

    def where(self, chosen: NDArray[np.bool_]) -> Cases:
        histories = [self.histories[place] for place in np.flatnonzero(chosen).tolist()]
        return Cases(self.users[chosen], histories, self.targets[chosen])


@dataclass(frozen=True)
class TrainingData:
    """What a model may see: the catalogue, the users' histories to learn from, and validation cases to stop by."""

    catalogue: Catalogue
    histories: Sequence[History]
    validation: Cases = field(default_factory=lambda: Cases(np.empty(0, np.int64), [], np.empty(0, np.int64)))

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """(items,): how often each was heard, by weight."""
        if not self.histories:
            return np.zeros(len(self.catalogue))
        items = np.concatenate([history.items for history in self.histories])
        weights = np.concatenate([history.weights for history in self.histories])
        return np.bincount(items, weights=weights, minlength=len(self.catalogue)).astype(np.float64)

    @cached_property
    def hot(self) -> NDArray[np.bool_]:
        """(items,): True for items that someone heard; the others are cold."""
        return self.counts > 0
