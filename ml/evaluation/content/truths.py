"""What is true of an archive's tracks, as arrays."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = -1


class Truths(NamedTuple):
    """Labels (tracks,), 0 or more, UNKNOWN where nobody knows; None where an archive knows nothing of the kind.

    `album` is an album or a concert. `work` is a whole work, `piece` a work and its movement, of which there may be
    other performances. `tags` (tracks, tags) says which of some telling tags another backend heard.
    """

    composer: NDArray[np.int64] | None = None
    album: NDArray[np.int64] | None = None
    piece: NDArray[np.int64] | None = None
    work: NDArray[np.int64] | None = None
    ensemble: NDArray[np.int64] | None = None
    instrument: NDArray[np.int64] | None = None
    tags: NDArray[np.bool_] | None = None

    def of(self, rows: NDArray[np.int64]) -> Truths:
        """The truths of some tracks, in the order of `rows`."""
        kept = {name: each[rows] for name, each in self._asdict().items() if each is not None}
        return Truths(**kept)


def encode(values: Sequence[Hashable | None]) -> NDArray[np.int64]:
    """Labels (tracks,) of `values`, numbered in the order in which they come; None is UNKNOWN."""
    numbers: dict[Hashable, int] = {}
    return np.array(
        [UNKNOWN if value is None else numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64
    )


def same(labels: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(rows, tracks): True where two tracks have the same known label."""
    of_rows = labels[rows][:, None]
    return np.asarray((of_rows == labels) & (of_rows != UNKNOWN))


def alike(tags: NDArray[np.bool_], rows: NDArray[np.int64], least: float) -> NDArray[np.bool_]:
    """(rows, tracks): True where two tracks share at least the part `least` of the `tags` (tracks, tags) that either
    has (Jaccard)."""
    counted = tags.astype(np.float64)
    shared = counted[rows] @ counted.T
    either = counted[rows].sum(axis=1)[:, None] + counted.sum(axis=1) - shared
    return np.asarray((shared > 0) & (shared >= least * either))


def other(rows: NDArray[np.int64], tracks: int) -> NDArray[np.bool_]:
    """(rows, tracks): True but for a track with itself."""
    return np.asarray(rows[:, None] != np.arange(tracks))
