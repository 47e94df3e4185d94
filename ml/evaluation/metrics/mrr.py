"""MRR: how soon the first relevant item comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.metrics.ranks import Ranks


def reciprocal_rank(ranks: Ranks, k: int | None = None) -> NDArray[np.float64]:
    """(cases,), 0–1: 1 / the rank of the first relevant item, with `k` 0 where that is beyond k; its mean is MRR
    (Voorhees, "The TREC-8 question answering track report", 1999).

    Over ties: Σ_j P(j) / (b + j), b being the items before the first block with a relevant one, t its size, r its
    relevant ones, and P(j) the probability that the first of these stands at its j-th place.
    """
    before, tied, relevant = ranks.better[:, 0], ranks.tied[:, 0], ranks.relevant[:, 0]
    value = np.zeros(len(before))
    none_yet = np.where(relevant > 0, 1.0, 0.0)
    for j in range(1, int((tied - relevant).max(initial=-1)) + 2):
        left = np.maximum(tied - j + 1, 1)
        here = none_yet * np.minimum(relevant / left, 1.0)
        rank = before + j
        value += np.where((rank <= k) if k is not None else True, here / rank, 0.0)
        none_yet = none_yet - here
        none_yet[tied - relevant < j] = 0.0  # rounding leaves nothing behind the last place that it could take
    return np.where(ranks.total > 0, value, np.nan)
