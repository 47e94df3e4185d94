"""Calibration: whether a list has composers in the shares in which its user heard them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.metrics.lists import NOTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.training.data import History

# So much of what was heard is mixed into the list: a composer who is missing from it costs much, not infinitely.
SMOOTHING = 0.01


def miscalibration(
    lists: NDArray[np.int64], histories: Sequence[History], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(cases,), in nats, 0 for a calibrated list: the Kullback-Leibler divergence Σ p log(p / q̃), p being the shares of
    the `groups` (items,; composers, -1 unknown) in a history by weight, q those in the list, and q̃ = .99 q + .01 p
    (Steck, "Calibrated recommendations", RecSys 2018). NaN where nothing heard or nothing listed has a group.
    """
    known = int(groups.max(initial=-1)) + 1
    values = np.full(len(lists), np.nan)
    for row, history in enumerate(histories):
        heard = _shares(groups[history.items], history.weights.astype(np.float64), known)
        listed = lists[row][lists[row] != NOTHING]
        shown = _shares(groups[listed], np.ones(len(listed)), known)
        if heard is not None and shown is not None:
            mixed = (1 - SMOOTHING) * shown + SMOOTHING * heard
            there = heard > 0
            values[row] = float((heard[there] * np.log(heard[there] / mixed[there])).sum())
    return values


def _shares(groups: NDArray[np.int64], weights: NDArray[np.float64], known: int) -> NDArray[np.float64] | None:
    counted = np.bincount(groups[groups >= 0], weights=weights[groups >= 0], minlength=known)
    total = counted.sum()
    return counted / total if total > 0 else None
