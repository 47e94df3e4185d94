"""How well the neighbours in a space do a retrieval task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.content.tasks import Task, batches
from ml.evaluation.metrics.f1 import f1
from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.mrr import reciprocal_rank
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.metrics.ranks import concatenate, rank_relevant
from ml.evaluation.metrics.recall import recall

if TYPE_CHECKING:
    from numpy.typing import NDArray

K = 5
# Cosines that differ by less are those of equal vectors, summed in another order.
DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Retrieval:
    """`queries` (queries,) are the tracks that have anything to find; `values` by metric ("ndcg@5", "hit@5",
    "recall@5", "f1@5", "mrr") have one number for each (queries,)."""

    task: str
    queries: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]


def retrieve(vectors: NDArray[np.float32], task: Task) -> Retrieval:
    """By the cosine of the unit `vectors` (tracks, dimension) of a space; each track asks, and is left out itself."""
    exact = vectors.astype(np.float64)
    return _measured(task, lambda rows: np.round(exact[rows] @ exact.T, DECIMALS))


def chance(task: Task) -> Retrieval:
    """What a random order is expected to find, exactly: that of scores that all tie."""
    return _measured(task, lambda rows: np.zeros((len(rows), task.tracks)))


def _measured(task: Task, scores: Callable[[NDArray[np.int64]], NDArray[np.float64]]) -> Retrieval:
    ranks = concatenate(
        [rank_relevant(scores(rows), task.relevant(rows), task.candidates(rows)) for rows in batches(task.queries)]
    )
    values = {
        f"ndcg@{K}": ndcg(ranks, K),
        f"hit@{K}": hit_rate(ranks, K),
        f"recall@{K}": recall(ranks, K),
        f"f1@{K}": f1(ranks, K),
        "mrr": reciprocal_rank(ranks),
    }
    return Retrieval(task.name, task.queries, values)
