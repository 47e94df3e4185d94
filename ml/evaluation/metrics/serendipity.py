"""Serendipity: finding what is right and would not have been expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def serendipity(
    lists: NDArray[np.int64], targets: NDArray[np.int64], expected: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(cases,), 0 or 1: whether a list (cases, k) holds the case's target (cases,) while the `expected` list (cases, k)
    of a primitive recommender, popularity, does not (Ge et al., "Beyond accuracy", RecSys 2010)."""
    found = (lists == targets[:, None]).any(axis=1)
    foreseen = (expected == targets[:, None]).any(axis=1)
    return np.asarray(found & ~foreseen, np.float64)
