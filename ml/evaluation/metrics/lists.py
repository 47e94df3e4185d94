"""The lists that are shown: the first k of a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Stands where a list is shorter than others.
NOTHING = -1


def top(
    scores: NDArray[np.floating],
    k: int,
    random: np.random.Generator,
    candidates: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Lists (cases, k) of the items with the best `scores` (cases, items) among the `candidates` (cases, items; all
    without it), best first; NOTHING where there are fewer. A list needs one order: ties are in a random one, scores
    that are not numbers last."""
    values = np.where(np.isnan(scores), -np.inf, scores)
    outside = np.zeros(scores.shape, bool) if candidates is None else ~candidates
    order = np.lexsort((random.random(scores.shape), -values, outside), axis=1)[:, :k]
    found = np.where(np.take_along_axis(outside, order, axis=1), NOTHING, order).astype(np.int64)
    return np.pad(found, ((0, 0), (0, k - found.shape[1])), constant_values=NOTHING)


def mean_over(values: NDArray[np.float64], lists: NDArray[np.int64]) -> NDArray[np.float64]:
    """(cases,): the mean of `values` (items,) over each list; NaN for an empty one."""
    there = lists != NOTHING
    sums = np.where(there, values[lists], 0.0).sum(axis=1)
    counts = there.sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def exposure(lists: NDArray[np.int64], items: int) -> NDArray[np.int64]:
    """(items,): in how many lists each item stands."""
    return np.bincount(lists[lists != NOTHING], minlength=items)
