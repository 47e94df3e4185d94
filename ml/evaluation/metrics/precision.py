"""Precision@k: how much of the first k is relevant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.evaluation.metrics.ranks import Ranks


def precision(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(cases,), 0–1: relevant items among the first `k` / k, also where fewer than k are candidates (as in TREC)."""
    return ranks.hits_within(k) / k
