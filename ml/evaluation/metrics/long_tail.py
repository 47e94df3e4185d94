"""Long-tail share: how much of what is shown is not what everybody hears anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.metrics.lists import mean_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The head is what makes up so much of all listening.
HEAD = 0.8


def tail(counts: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(items,): all but the most heard items that together are the first HEAD of all listening (Celma, "Music
    recommendation and discovery", 2010). Items that are heard equally often are all in the tail or none."""
    descending = np.sort(counts)[::-1]
    heard = np.cumsum(descending)
    if not len(heard) or heard[-1] == 0:
        return np.ones(len(counts), bool)
    last = descending[np.searchsorted(heard, HEAD * heard[-1])]
    return np.asarray(counts < last)


def long_tail_share(lists: NDArray[np.int64], counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """(cases,), 0–1: the share of each of the `lists` (cases, k) that is in the tail by training `counts` (items,)
    (Abdollahpouri et al., "Managing popularity bias in recommender systems", FLAIRS 2019)."""
    return mean_over(tail(counts).astype(np.float64), lists)
