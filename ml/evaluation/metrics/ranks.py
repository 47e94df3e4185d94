"""Where the relevant items of each case stand among all candidates, ties told apart from order.

The tie rule: items of equal score could stand in any order, and all orders are equally likely. A metric of ranks is the
expected value over these orders, so that no order of ids decides (McSherry & Najork, "Computing information retrieval
performance measures efficiently in the presence of tied scores", ECIR 2008). Scores that are not numbers come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.training.data import Cases


class Ranks(NamedTuple):
    """The blocks of equal score in which relevant items stand, from the best score down.

    `better` (cases, blocks): how many candidates stand before the block; `tied` (cases, blocks): how many stand in it;
    `relevant` (cases, blocks): how many of these are relevant. Cases with fewer blocks than others are filled with
    blocks of `relevant` 0 and `tied` 1. `total` (cases,): how many candidates are relevant altogether; metrics of a
    case without any are NaN.
    """

    better: NDArray[np.int64]
    tied: NDArray[np.int64]
    relevant: NDArray[np.int64]
    total: NDArray[np.int64]

    def places_within(self, k: int) -> NDArray[np.int64]:
        """(cases, blocks): how many of a block's places are among the first `k`."""
        places: NDArray[np.int64] = np.clip(k - self.better, 0, self.tied)
        return places

    def hits_within(self, k: int) -> NDArray[np.float64]:
        """(cases,): how many relevant items are expected among the first `k`; NaN without relevant ones."""
        hits = (self.relevant * (self.places_within(k) / self.tied)).sum(axis=1)
        return np.where(self.total > 0, hits, np.nan)


def concatenate(parts: Sequence[Ranks]) -> Ranks:
    """The cases of all `parts`, in order."""
    width = max((part.better.shape[1] for part in parts), default=1)

    def joined(arrays: list[NDArray[np.int64]], fill: int) -> NDArray[np.int64]:
        padded = [np.pad(one, ((0, 0), (0, width - one.shape[1])), constant_values=fill) for one in arrays]
        return np.concatenate([np.empty((0, width), np.int64), *padded])

    return Ranks(
        joined([part.better for part in parts], 0),
        joined([part.tied for part in parts], 1),
        joined([part.relevant for part in parts], 0),
        np.concatenate([np.empty(0, np.int64), *(part.total for part in parts)]),
    )


def rank_targets(
    scores: NDArray[np.floating],
    cases: Cases,
    *,
    among: NDArray[np.bool_] | None = None,
    repeats: bool = False,
) -> Ranks:
    """Ranks of the cases' targets by `scores` (cases, items), higher is better: one block with one relevant item each.

    Candidates are the items that `among` (items,) names, all without it, but for the case's own history; with
    `repeats`, that is ranked, too. The target is a candidate in any case.
    """
    rows = np.arange(len(cases))
    of_target = scores[rows, cases.targets]
    right = np.where(np.isnan(of_target), -np.inf, of_target)[:, None]
    left = np.where(np.isnan(scores), -np.inf, scores)
    better, tied = left > right, left == right
    if among is not None:
        better[:, ~among] = False
        tied[:, ~among] = False
    if not repeats:
        for row, history in enumerate(cases.histories):
            better[row, history.items] = False
            tied[row, history.items] = False
    tied[rows, cases.targets] = True
    one = np.ones(len(cases), np.int64)
    return Ranks(better.sum(axis=1)[:, None], tied.sum(axis=1)[:, None], one[:, None], one)


def rank_relevant(
    scores: NDArray[np.floating], relevant: NDArray[np.bool_], candidates: NDArray[np.bool_] | None = None
) -> Ranks:
    """Ranks of the `relevant` (cases, items) among the `candidates` (cases, items; all items without it) by `scores`
    (cases, items), higher is better. What is relevant but no candidate does not count."""
    lowest = np.finfo(scores.dtype).min
    values = np.where(np.isnan(scores) | np.isneginf(scores), lowest, scores)
    if candidates is not None:
        values = np.where(candidates, values, -np.inf)
        relevant = relevant & candidates
    order = np.argsort(-values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    found = np.take_along_axis(relevant, order, axis=1)

    begins = np.ones(values.shape, bool)  # (cases, items): the first place of a block
    begins[:, 1:] = values[:, 1:] != values[:, :-1]
    block = np.cumsum(begins.ravel()) - 1
    row, first = np.nonzero(begins)
    size = np.bincount(block, minlength=len(row))
    count = np.bincount(block, weights=found.ravel(), minlength=len(row)).astype(np.int64)
    kept = count > 0
    row, first, size, count = row[kept], first[kept], size[kept], count[kept]

    of_row = np.bincount(row, minlength=len(scores))
    column = np.arange(len(row)) - (np.cumsum(of_row) - of_row)[row]
    shape = (len(scores), max(1, int(of_row.max(initial=0))))
    better, tied, hits = np.zeros(shape, np.int64), np.ones(shape, np.int64), np.zeros(shape, np.int64)
    better[row, column], tied[row, column], hits[row, column] = first, size, count
    return Ranks(better, tied, hits, hits.sum(axis=1))
