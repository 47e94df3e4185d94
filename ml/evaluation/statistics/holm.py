"""Many comparisons at once: one of twenty would come out by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """(comparisons,): adjusted p-values, so that below .05 the chance of any false finding among all is at most 5 %
    (Holm, "A simple sequentially rejective multiple test procedure", 1979).

    The i-th smallest of m, i from 0, counts (m - i)-fold, at least as much as those before it, at most 1.
    """
    order = np.argsort(p, kind="stable")
    scaled = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(scaled, 1.0)
    return adjusted
