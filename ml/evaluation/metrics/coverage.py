"""Catalogue coverage: how much of an archive is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.evaluation.metrics.lists import exposure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def coverage(lists: NDArray[np.int64], items: int) -> float:
    """0–1: the share of the `items` that stand in any of the `lists` (cases, k) (Herlocker et al., "Evaluating
    collaborative filtering recommender systems", ACM TOIS 2004)."""
    return int((exposure(lists, items) > 0).sum()) / items
