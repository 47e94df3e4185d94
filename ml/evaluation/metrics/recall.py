"""Recall@k: how much of what is relevant is among the first k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.metrics.ranks import Ranks


def recall(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(cases,), 0–1: relevant items among the first `k` / relevant items. With one target per case it is HitRate@k."""
    return ranks.hits_within(k) / np.maximum(ranks.total, 1)
