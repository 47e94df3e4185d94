"""Whether two measurements put spaces into the same order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.statistics.bootstrap import RESAMPLES, Interval, interval, means

if TYPE_CHECKING:
    from numpy.typing import NDArray


def kendall(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Kendall's τ_b, -1 to 1, of two measurements (spaces,); NaN where either is the same for all, or not a number.

    (concordant - discordant pairs) / √(pairs not tied in left · pairs not tied in right).
    """
    return float(_taus(left[None], right[None])[0])


def rank_stability(
    left: Mapping[str, NDArray[np.float64]],
    right: Mapping[str, NDArray[np.float64]],
    left_units: NDArray[np.int64],
    right_units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """τ_b between the orders of the spaces by the means of their `left` (cases,) and of their `right` (other cases,)
    values, as by a part of an archive and by the whole; units of both are drawn, independently."""
    names = list(left)
    first = np.stack([left[name] for name in names], axis=1)  # (cases, spaces)
    second = np.stack([right[name] for name in names], axis=1)
    estimate = kendall(_means(first), _means(second))
    drawn = _taus(means(first, left_units, random, resamples), means(second, right_units, random, resamples))
    return interval(estimate, drawn)


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    there = ~np.isnan(values)
    counts = there.sum(axis=0)
    return np.where(counts > 0, np.where(there, values, 0).sum(axis=0) / np.maximum(counts, 1), np.nan)


def _taus(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of (measurements, spaces)."""
    one = np.sign(left[:, :, None] - left[:, None, :])  # (measurements, spaces, spaces)
    other = np.sign(right[:, :, None] - right[:, None, :])
    agreeing = (one * other).sum(axis=(1, 2))
    untied = np.sqrt((one**2).sum(axis=(1, 2)) * (other**2).sum(axis=(1, 2)))
    return np.where(untied > 0, agreeing / np.where(untied > 0, untied, 1), np.nan)
