"""Smaller archives and audiences, drawn from what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES = (0.1, 0.25, 0.5, 1.0)


def nested(count: int, shares: Sequence[float], random: np.random.Generator) -> dict[float, NDArray[np.int64]]:
    """By share, ascending: the rows (rows,), ascending, of a part of `count` tracks or users; each part is within the
    next, so that what differs is the size, not the luck."""
    order = random.permutation(count)
    return {share: np.sort(order[: max(1, round(share * count))]).astype(np.int64) for share in sorted(shares)}


def folds(
    count: int, parts: int, random: np.random.Generator, groups: NDArray[np.int64] | None = None
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """`parts` pairs of training and test rows, each of `count` rows being tested once; fewer where there are fewer
    groups. Rows of one of the `groups` (rows,) stay together, and parts are as equal as that allows."""
    owner = np.arange(count) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(owner, minlength=1)
    filled = np.zeros(min(parts, len(sizes)), np.int64)
    part_of = np.empty(len(sizes), np.int64)
    shuffled = random.permutation(len(sizes))
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:  # the largest first
        part_of[group] = filled.argmin()
        filled[part_of[group]] += sizes[group]
    rows = np.arange(count)
    return [(rows[part_of[owner] != part], rows[part_of[owner] == part]) for part in range(len(filled))]
