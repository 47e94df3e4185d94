"""Whether more listeners would help."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jobs.evaluation.listening import Split
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.overfitting import of_way
from jobs.evaluation.steps.recommending import HOT, step_name
from jobs.evaluation.steps.shrinking import users_name
from jobs.evaluation.steps.step import Parts
from jobs.evaluation.ways import Way
from ml.evaluation.learning_curve import learning_curve

GROWTH = "growth"


def growth(whole: Split, ways: Sequence[Way], parts: Parts, share: float, seed: int) -> Part:
    """What each way gains on the same cases when all listeners teach it, and not only this `share` of them."""
    figures = []
    for way in ways:
        if users_name(way) not in parts or step_name(way) not in parts:
            continue
        some, every = parts[users_name(way)].arrays, parts[step_name(way)].arrays
        if f"{HOT} {share}" in some:
            values = {share: some[f"{HOT} {share}"], 1.0: every[HOT]}
            found = learning_curve(values, whole.hot.users, np.random.default_rng([seed, 68])).growth
            figures.append(of_way(GROWTH, found, len(whole.hot), way, share))
    return Part(figures)
