"""What a recommender does with cases: where the targets rank, and which lists it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.evaluation.metrics.lists import top
from ml.evaluation.metrics.ranks import Ranks, concatenate, rank_targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.training.data import Cases, History

# Histories to (histories, items), higher is better.
Scores = Callable[[Sequence["History"]], "NDArray[np.float32]"]

BATCH = 512


class Measured(NamedTuple):
    """Of each case the target's `ranks`, and the list (cases, k) that is shown."""

    ranks: Ranks
    lists: NDArray[np.int64]


def evaluate(scores: Scores, cases: Cases, *, among: NDArray[np.bool_] | None = None, repeats: bool = False) -> Ranks:
    """Ranks of all cases; `scores` is asked for a batch at a time. `among` and `repeats` as in `rank_targets`."""
    found = (rank_targets(scores(batch.histories), batch, among=among, repeats=repeats) for batch in _batches(cases))
    return concatenate(list(found))


def measure(
    scores: Scores,
    cases: Cases,
    k: int,
    random: np.random.Generator,
    *,
    among: NDArray[np.bool_] | None = None,
    repeats: bool = False,
) -> Measured:
    """Ranks as `evaluate` finds them, and the lists of the same candidates, ties in random order."""
    ranks, lists = [], [np.empty((0, k), np.int64)]
    for batch in _batches(cases):
        found = scores(batch.histories)
        ranks.append(rank_targets(found, batch, among=among, repeats=repeats))
        candidates = np.ones(found.shape, bool) if among is None else np.repeat(among[None], len(found), axis=0)
        if not repeats:
            for row, history in enumerate(batch.histories):
                candidates[row, history.items] = False
        lists.append(top(found, k, random, candidates))
    return Measured(concatenate(ranks), np.concatenate(lists))


def _batches(cases: Cases) -> list[Cases]:
    rows = np.arange(len(cases)) // BATCH
    return [cases.where(rows == number) for number in range(-(-len(cases) // BATCH))]
