"""Intra-list diversity: how different the items of one list sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.metrics.lists import NOTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 512


def intra_list_diversity(lists: NDArray[np.int64], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """(cases,), 0–2: the mean cosine distance over all pairs of items in each of the `lists` (cases, k), by unit
    `vectors` (items, dimension) (Ziegler et al., "Improving recommendation lists through topic diversification", WWW
    2005); NaN for lists of fewer than two.

    Spaces can be compared only by the same vectors, and none should be judged by its own.
    """
    alike = np.zeros(len(lists))
    for start in range(0, len(lists), BATCH):
        part = lists[start : start + BATCH]
        listed = np.where((part != NOTHING)[:, :, None], vectors[part], 0).astype(np.float64)  # (batch, k, dimension)
        # Σ_{i≠j} a_i·a_j = |Σ a_i|² - Σ |a_i|²
        alike[start : start + BATCH] = (listed.sum(axis=1) ** 2).sum(axis=1) - (listed**2).sum(axis=(1, 2))
    counts = (lists != NOTHING).sum(axis=1)
    pairs = counts * (counts - 1)
    return np.where(pairs > 0, 1 - alike / np.maximum(pairs, 1), np.nan)
