"""What a probe is to tell, and how well it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import average_precision_score, r2_score  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Only classes of so many pieces, and of these the commonest, can be learned from one half and asked of the other.
LEAST_PIECES = 5
MOST_CLASSES = 10
# An R² below this says no more than this.
FLOOR = -1.0


@dataclass(frozen=True, eq=False)
class Target:
    """`labels`: classes (tracks,) as integers, negative where unknown; with `numeric` numbers (tracks,), NaN where
    unknown; or tags (tracks, tags) as booleans. `groups` (tracks,) are the pieces that must not be torn apart."""

    name: str
    labels: NDArray[np.int64] | NDArray[np.float64] | NDArray[np.bool_]
    groups: NDArray[np.int64]
    numeric: bool = False

    @property
    def tags(self) -> bool:
        return self.labels.ndim == 2

    def known(self) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
        """The tracks (rows,) that can be asked; what is true of them, (rows,) or (rows, tags), classes numbered from 0;
        and how many classes or tags there are, 0 for numbers."""
        if self.tags:
            return np.arange(len(self.labels)), self.labels.astype(np.float64), self.labels.shape[1]
        if self.numeric:
            rows = np.flatnonzero(np.isfinite(self.labels))
            return rows, self.labels[rows].astype(np.float64), 0
        pairs = np.unique(np.stack([self.labels, self.groups], axis=1)[self.labels >= 0], axis=0)
        classes, pieces = np.unique(pairs[:, 0], return_counts=True)
        enough = pieces >= LEAST_PIECES
        common = classes[enough][np.argsort(-pieces[enough], kind="stable")[:MOST_CLASSES]]
        rows = np.flatnonzero(np.isin(self.labels, common))
        return rows, np.searchsorted(np.sort(common), self.labels[rows]).astype(np.float64), len(common)

    def score(self, truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
        """Classes: balanced accuracy, the mean recall of those that occur. Numbers: R², at least FLOOR. Tags: the mean
        average precision of those that occur. NaN where nothing does."""
        if self.tags:
            there = truth.any(axis=0)
            found = [
                average_precision_score(one, other)
                for one, other in zip(truth[:, there].T, predicted[:, there].T, strict=True)
            ]
            return float(np.mean(found)) if found else float("nan")
        if self.numeric:
            return max(FLOOR, float(r2_score(truth, predicted))) if len(truth) > 1 else float("nan")
        seen = [float((predicted[truth == each] == each).mean()) for each in np.unique(truth)]
        return float(np.mean(seen)) if seen else float("nan")

    def chance(self, truth: NDArray[np.float64], classes: int) -> float:
        """What guessing scores."""
        if self.tags:
            return float(truth[:, truth.any(axis=0)].mean())
        return 0.0 if self.numeric else 1 / classes
