"""F1@k: the harmonic mean of Precision@k and Recall@k."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.evaluation.metrics.ranks import Ranks


def f1(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """(cases,), 0–1: 2 · P · R / (P + R), which with h of R relevant items among the first k is 2 h / (k + R).

    That is linear in h, so that the expected h gives the expected value over ties.
    """
    return 2 * ranks.hits_within(k) / (k + ranks.total)
