"""How far a model overfits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.figures import number
from jobs.evaluation.ways import Way
from ml.evaluation.learning_curve import train_test_gap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.statistics.bootstrap import Interval

GAP = "gap"
TASK, K = "hot", 10


def gap(
    seen: NDArray[np.float64],
    hot: NDArray[np.float64],
    seen_users: NDArray[np.int64],
    hot_users: NDArray[np.int64],
    way: Way,
    share: float,
    seed: int,
) -> Figure:
    """How much better a way that learned from this `share` of the listeners does on what it has seen (cases,) than on
    what it has not (other cases,); listeners are drawn."""
    found = train_test_gap(seen, hot, seen_users, hot_users, np.random.default_rng([seed, 67]))
    return of_way(GAP, found, len(hot), way, share)


def of_way(part: str, found: Interval, cases: int, way: Way, share: float) -> Figure:
    """A difference of two NDCG@10 of one way, which learned from this `share` of the listeners."""
    return Figure(
        part=part,
        task=TASK,
        metric="difference of ndcg",
        k=K,
        value=number(found.estimate),
        low=number(found.low),
        high=number(found.high),
        cases=cases,
        space=way.space,
        strategy=way.strategy,
        config={"of": "listeners", "share": share},
    )
