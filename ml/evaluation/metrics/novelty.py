"""Novelty: how little known what is shown was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.metrics.lists import mean_over

if TYPE_CHECKING:
    from numpy.typing import NDArray


def novelty(lists: NDArray[np.int64], counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """(cases,), in bits: the mean self-information -log₂ p of the items in each of the `lists` (cases, k) (Zhou et al.,
    "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS 2010).

    p is an item's share of the training `counts` (items,), to each of which 1 is added, so that an item that nobody
    heard is very novel, not infinitely.
    """
    shares = (counts + 1) / (counts + 1).sum()
    return mean_over(-np.log2(shares), lists)
