"""Gini: how unevenly an archive is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.metrics.lists import exposure

if TYPE_CHECKING:
    from numpy.typing import NDArray


def gini(lists: NDArray[np.int64], items: int) -> float:
    """0–1: 0 where all `items` stand in equally many `lists` (cases, k), 1 - 1 / items where only one ever does; NaN
    where none does.

    Σ_i (2 i - n - 1) x_i / (n Σ x), x being in how many lists an item stands, in ascending order, i from 1 (Fleder &
    Hosanagar, "Blockbuster culture's next rise or fall", Management Science 2009).
    """
    shown = np.sort(exposure(lists, items)).astype(np.float64)
    places = np.arange(1, items + 1)
    total = shown.sum()
    return float(((2 * places - items - 1) * shown).sum() / (items * total)) if total else float("nan")
