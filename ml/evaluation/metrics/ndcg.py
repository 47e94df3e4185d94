"""NDCG@k: how high what is relevant stands, against the best that could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.metrics.ranks import Ranks


def ndcg(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(cases,), 0–1: DCG@k / IDCG@k (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM
    TOIS 2002).

    DCG@k = Σ_{p≤k} gain(p) / log₂(p + 1), where the gain is 1 or 0: with 2^rel - 1 it would be the same. IDCG@k is that
    of min(k, R) relevant items at the first places. A block of t ties, r of them relevant, gains r / t at each place.
    """
    discounts = 1 / np.log2(np.arange(1, k + 1) + 1)
    cumulated = np.concatenate([[0.0], np.cumsum(discounts)])
    first, last = np.minimum(ranks.better, k), np.minimum(ranks.better + ranks.tied, k)
    gained = (ranks.relevant / ranks.tied * (cumulated[last] - cumulated[first])).sum(axis=1)
    ideal = cumulated[np.minimum(ranks.total, k)]
    return np.where(ranks.total > 0, gained / np.where(ideal > 0, ideal, 1), np.nan)
