"""HitRate@k: how often there is anything relevant among the first k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.metrics.ranks import Ranks


def hit_rate(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(cases,), 0–1: 1 if a relevant item is among the first `k`, else 0.

    Over ties: 1 less the probability that none is. Of t tied items, r of them relevant, m stand within k, and none of
    these is relevant with C(t - r, m) / C(t, m) = Π_{i<r} (t - m - i) / (t - i).
    """
    within = ranks.places_within(k)
    missed = np.ones(ranks.better.shape)
    for i in range(int(ranks.relevant.max(initial=0))):
        counted = ranks.relevant > i
        factor = np.clip(ranks.tied - within - i, 0, None) / np.where(counted, ranks.tied - i, 1)
        missed = np.where(counted, missed * factor, missed)
    return np.where(ranks.total > 0, 1 - missed.prod(axis=1), np.nan)
