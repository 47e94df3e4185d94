"""How good lists are: HR@k and NDCG@k over all items, with their uncertainty.

A case has one right item, its target. HR@k is 1 when the target is among the first k and 0 otherwise; NDCG@k is
1 / log₂(rank + 1) there, rank from 1, and 0 otherwise. Items with the score of the target could stand in any order: a
case then counts the mean over all orders, so that no order of ids decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.training.data import Cases, History

BATCH = 512
RESAMPLES = 2000


class Ranks(NamedTuple):
    """`better` (cases,): how many items stand before the target; `tied` (cases,): how many, the target included, share
    its score."""

    better: NDArray[np.int64]
    tied: NDArray[np.int64]


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """`hits` and `gains` (cases,): HR@k and NDCG@k of each case."""

    hits: NDArray[np.float64]
    gains: NDArray[np.float64]

    @classmethod
    def at(cls, k: int, ranks: Ranks) -> Quality:
        hits = np.clip((k - ranks.better) / ranks.tied, 0, 1)
        # Σ over the places that the target may take: a difference of cumulated discounts.
        cumulated = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(1, k + 1) + 1))])
        first, last = np.minimum(ranks.better, k), np.minimum(ranks.better + ranks.tied, k)
        return cls(hits, (cumulated[last] - cumulated[first]) / ranks.tied)


def rank(scores: NDArray[np.float32], cases: Cases) -> Ranks:
    """Ranks of the targets among all items but those of the case's own history; `scores` (cases, items), higher is
    better. A target that is in its own history is ranked all the same. Scores that are not numbers come last."""
    rows = np.arange(len(cases))
    of_target = scores[rows, cases.targets]
    right = np.where(np.isnan(of_target), -np.inf, of_target)[:, None]
    left = np.where(np.isnan(scores), -np.inf, scores)
    better, tied = left > right, left == right
    for row, (history, target) in enumerate(zip(cases.histories, cases.targets, strict=True)):
        better[row, history.items] = False
        tied[row, history.items] = False
        tied[row, target] = True
    return Ranks(better.sum(axis=1), tied.sum(axis=1))


def evaluate(score: Callable[[Sequence[History]], NDArray[np.float32]], cases: Cases) -> Ranks:
    """Ranks of all cases by `score(histories) → (histories, items)`, which is asked for a batch at a time."""
    parts = []
    for start in range(0, len(cases), BATCH):
        rows = np.zeros(len(cases), dtype=bool)
        rows[start : start + BATCH] = True
        batch = cases.where(rows)
        parts.append(rank(score(batch.histories), batch))
    empty = np.empty(0, dtype=np.int64)
    return (
        Ranks(*(np.concatenate([empty, *part]) for part in zip(*parts, strict=True))) if parts else Ranks(empty, empty)
    )


def standard_error(values: NDArray[np.float64]) -> float:
    """Of the mean of independent values; NaN for fewer than two."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def bootstrap(values: NDArray[np.float64], users: NDArray[np.int64], seed: int = 0) -> Interval:
    """The mean of the `values` (cases,) with its percentile interval. Users are drawn, not cases: those of one user
    depend on each other."""
    _, owner = np.unique(users, return_inverse=True)
    totals, counts = np.bincount(owner, weights=values), np.bincount(owner)
    if not len(totals):
        return Interval(float("nan"), float("nan"), float("nan"))
    random = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    for draw in range(RESAMPLES):
        drawn = random.integers(len(totals), size=len(totals))
        means[draw] = totals[drawn].sum() / counts[drawn].sum()
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


def paired(left: NDArray[np.float64], right: NDArray[np.float64], users: NDArray[np.int64], seed: int = 0) -> Interval:
    """How much better `left` is than `right` on the same cases; not significant when the interval holds 0."""
    return bootstrap(left - right, users, seed)
