"""How far a model overfits, and whether more data would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.statistics.bootstrap import RESAMPLES, Interval, bootstrap, interval, means

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """`points` by share of the data, ascending; `growth` is what the last step of it, to all there is, brought on the
    same cases. Where `growth` is above zero, more is likely to help; where it includes zero, nothing is known."""

    points: Mapping[float, Interval]
    growth: Interval


def learning_curve(
    values: Mapping[float, NDArray[np.float64]],
    units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> LearningCurve:
    """Of `values` (cases,) by share of the data that was trained on; the cases and their `units` (cases,), which are
    drawn, are the same for all."""
    shares = sorted(values)
    points = {share: bootstrap(values[share], units, random, resamples) for share in shares}
    if len(shares) < 2:
        return LearningCurve(points, Interval(float("nan"), float("nan"), float("nan")))
    return LearningCurve(points, bootstrap(values[shares[-1]] - values[shares[-2]], units, random, resamples))


def train_test_gap(
    train: NDArray[np.float64],
    test: NDArray[np.float64],
    train_units: NDArray[np.int64],
    test_units: NDArray[np.int64],
    random: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """How much better the `train` cases (cases,) are than the `test` cases (other cases,): the mean of the one less
    that of the other. A user who is in both is drawn for both."""
    both = np.full((len(train) + len(test), 2), np.nan)
    both[: len(train), 0], both[len(train) :, 1] = train, test
    drawn = means(both, np.concatenate([train_units, test_units]), random, resamples)
    known_train, known_test = train[~np.isnan(train)], test[~np.isnan(test)]
    if not len(known_train) or not len(known_test):
        return Interval(float("nan"), float("nan"), float("nan"))
    return interval(float(known_train.mean() - known_test.mean()), drawn[:, 0] - drawn[:, 1])
