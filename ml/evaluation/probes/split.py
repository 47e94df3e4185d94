"""Which tracks a probe learns from, and which it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Halves(NamedTuple):
    """Rows (train rows,) and (test rows,)."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]


def grouped_halves(groups: NDArray[np.int64], random: np.random.Generator, test_share: float = 0.3) -> Halves:
    """Whole `groups` (rows,) drawn for testing until they make `test_share` of the rows; no group is in both halves."""
    found, owner, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = random.permutation(len(found))
    before = np.cumsum(sizes[order]) - sizes[order]
    tested = np.zeros(len(found), bool)
    tested[order] = before < test_share * len(groups)
    rows = np.arange(len(groups))
    return Halves(rows[~tested[owner]], rows[tested[owner]])


def in_turns(labels: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """An order (rows,) in which every class of `labels` (rows,) comes once before any comes twice, random otherwise:
    its first few are as balanced as few can be, and more examples include the fewer."""
    shuffled = random.permutation(len(labels))
    classes = labels[shuffled]
    by_class = np.argsort(classes, kind="stable")
    _, first, owner = np.unique(classes[by_class], return_index=True, return_inverse=True)
    turn = np.empty(len(labels), np.int64)
    turn[by_class] = np.arange(len(labels)) - first[owner]
    return np.asarray(shuffled[np.argsort(turn, kind="stable")], np.int64)
