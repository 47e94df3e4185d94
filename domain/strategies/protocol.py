"""What strategies do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from domain.history import Weighted
from domain.recommendations import RecommendationOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Queries:
    """What a history asks for in a space: `vectors` (queries, dimension), and `shares` (queries,), how much of a list
    each is to have."""

    vectors: NDArray[np.float32]
    shares: NDArray[np.float32]


class Compares(Protocol):
    """A strategy that makes queries in a space."""

    half_life: bool
    """Whether age makes a track count less before the strategy is asked; else it weighs age itself, or not at all."""

    def queries(self, liked: Weighted, disliked: Weighted, options: RecommendationOptions) -> Queries:
        """At least one item is liked; the disliked ones need not be taken into account."""
        ...
