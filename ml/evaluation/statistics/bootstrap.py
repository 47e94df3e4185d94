"""Intervals by drawing again what was drawn: the percentile bootstrap (Efron & Tibshirani, 1993)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 2000
LEVELS = (0.025, 0.975)
# So many numbers are drawn at a time, to keep memory small.
AT_A_TIME = 1_000_000


class Interval(NamedTuple):
    """An estimate with its 95 % interval; NaN where there is nothing to estimate it from."""

    estimate: float
    low: float
    high: float

    @property
    def includes_zero(self) -> bool:
        """Also where nothing is known."""
        return not (self.low > 0 or self.high < 0)


class Units(NamedTuple):
    """Cases gathered by what is drawn: `totals` and `counts` (units, columns) of the values that are numbers."""

    totals: NDArray[np.float64]
    counts: NDArray[np.float64]


def gather(values: NDArray[np.float64], units: NDArray[np.int64]) -> Units:
    """Sums and counts of `values` (cases, columns) over the cases of each unit; values that are not numbers are left
    out."""
    found, owner = np.unique(units, return_inverse=True)
    there = ~np.isnan(values)
    totals, counts = np.zeros((len(found), values.shape[1])), np.zeros((len(found), values.shape[1]))
    np.add.at(totals, owner, np.where(there, values, 0.0))
    np.add.at(counts, owner, there)
    return Units(totals, counts)


def means(
    values: NDArray[np.float64], units: NDArray[np.int64], random: np.random.Generator, resamples: int = RESAMPLES
) -> NDArray[np.float64]:
    """(resamples, columns): the means of `values` (cases, columns) in each resample, the same for all columns.

    `units` (cases,) are drawn, with replacement: users, of whom several cases depend on each other, or the cases
    themselves. A mean of nothing is NaN, and so is one of a single unit: drawn again it is what it was, which says
    nothing.
    """
    gathered = gather(values, units)
    parts = [
        _divided(drawn @ gathered.totals, drawn @ gathered.counts)
        for drawn in _draws(len(gathered.totals), random, resamples)
    ]
    found = np.concatenate([np.empty((0, values.shape[1])), *parts])
    found[:, (gathered.counts > 0).sum(axis=0) < 2] = np.nan
    return found


def bootstrap(
    values: NDArray[np.float64], units: NDArray[np.int64], random: np.random.Generator, resamples: int = RESAMPLES
) -> Interval:
    """The mean of the `values` (cases,) that are numbers, with its interval; `units` as in `means`."""
    there = values[~np.isnan(values)]
    estimate = float(there.mean()) if len(there) else float("nan")
    return interval(estimate, means(values[:, None], units, random, resamples)[:, 0])


def interval(estimate: float, resampled: NDArray[np.float64]) -> Interval:
    """The `estimate` with the range that holds 95 % of what came out of the resamples (resamples,)."""
    known = resampled[~np.isnan(resampled)]
    if not len(known) or np.isnan(estimate):
        return Interval(estimate, float("nan"), float("nan"))
    low, high = np.quantile(known, LEVELS)
    return Interval(estimate, float(low), float(high))


def standard_error(values: NDArray[np.float64]) -> float:
    """Of the mean of independent values; NaN for fewer than two."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _draws(units: int, random: np.random.Generator, resamples: int) -> Iterator[NDArray[np.float64]]:
    """(some resamples, units) at a time: how often each unit is drawn."""
    step = max(1, AT_A_TIME // max(units, 1))
    for start in range(0, resamples if units else 0, step):
        rows = min(step, resamples - start)
        drawn = random.integers(units, size=(rows, units)) + np.arange(rows)[:, None] * units
        yield np.bincount(drawn.ravel(), minlength=rows * units).reshape(rows, units).astype(np.float64)


def _divided(totals: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(counts > 0, totals / np.where(counts > 0, counts, 1), np.nan)
