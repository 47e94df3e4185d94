"""Whether what is good at one thing is good at another: correlation over a handful of spaces."""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.evaluation.statistics.bootstrap import RESAMPLES, Interval, interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Up to so many orders are all tried; of more, as many are drawn.
ORDERS = 40_320


class Correlation(NamedTuple):
    """`spearman` and `pearson`, -1 to 1, over `points`; `p`, two-sided, of Spearman's by permutation. NaN for fewer
    than three points, or where all are alike."""

    spearman: Interval
    pearson: Interval
    p: float
    points: int


def correlate(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Correlation:
    """Of two scores (spaces,). The intervals come from drawing spaces; points at which either is not a number are left
    out. With few spaces they are wide, and honestly so."""
    known = ~(np.isnan(left) | np.isnan(right))
    first, second = left[known], right[known]
    points = len(first)
    if points < 3:
        nothing = Interval(float("nan"), float("nan"), float("nan"))
        return Correlation(nothing, nothing, float("nan"), points)
    drawn = random.integers(points, size=(resamples, points))
    one, other = first[drawn], second[drawn]
    spearman = float(_pearson(_ranked(first[None]), _ranked(second[None]))[0])
    pearson = float(_pearson(first[None], second[None])[0])
    return Correlation(
        interval(spearman, _pearson(_ranked(one), _ranked(other))),
        interval(pearson, _pearson(one, other)),
        _p(_ranked(first[None])[0], _ranked(second[None])[0], random),
        points,
    )


def _p(left: NDArray[np.float64], right: NDArray[np.float64], random: np.random.Generator) -> float:
    """The share of orders of `right` under which the correlation is as strong."""
    count = len(right)
    if factorial(count) <= ORDERS:
        orders = np.array(list(permutations(range(count))))
    else:
        orders = np.vstack([np.arange(count), random.permuted(np.tile(np.arange(count), (ORDERS, 1)), axis=1)])
    seen = _pearson(left[None], right[None])[0]
    if np.isnan(seen):
        return float("nan")
    found = _pearson(np.broadcast_to(left, orders.shape), right[orders])
    return float((np.abs(found) >= abs(seen) - 1e-12).mean())


def _pearson(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of (measurements, points)."""
    one = left - left.mean(axis=1, keepdims=True)
    other = right - right.mean(axis=1, keepdims=True)
    scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    largest = np.abs(left).max(axis=1) * np.abs(right).max(axis=1) * left.shape[1]
    known = scale > 1e-12 * largest
    return np.where(known, (one * other).sum(axis=1) / np.where(known, scale, 1), np.nan)


def _ranked(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks within each row of (measurements, points), ties sharing their mean."""
    below = (values[:, :, None] > values[:, None, :]).sum(axis=2)
    tied = (values[:, :, None] == values[:, None, :]).sum(axis=2)
    return np.asarray(below + (tied + 1) / 2)
