"""Leave-one-out retrieval tasks: each track asks for those that are like it in one respect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.content.truths import Truths, alike, other, same

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPOSER, ALBUM, WORK, ENSEMBLE, INSTRUMENT, TAGS = "composer", "album", "work", "ensemble", "instrument", "tags"

# Half of the tags that either of two tracks has.
SHARED_TAGS = 0.5

# Tracks are looked at so many at a time: the pairs of a large archive would fill the memory.
BATCH = 512

# Tracks (rows,) to (rows, tracks).
Relation = Callable[["NDArray[np.int64]"], "NDArray[np.bool_]"]


@dataclass(frozen=True)
class Task:
    """What each of `tracks` should find, `relevant`, among what, `candidates`; never itself."""

    name: str
    tracks: int
    relevant: Relation
    candidates: Relation

    @cached_property
    def queries(self) -> NDArray[np.int64]:
        """The tracks (queries,) that have anything to find; only they count."""
        found = [
            rows[(self.relevant(rows) & self.candidates(rows)).any(axis=1)] for rows in batches(np.arange(self.tracks))
        ]
        return np.concatenate([np.empty(0, np.int64), *found])


def tasks(truths: Truths) -> tuple[Task, ...]:
    """Every task for which an archive has truths and something to find.

    Other tracks of the same work are no candidates, since they share composer, album and sound at once and would be
    found for the wrong reason; but for the task "work", which asks for the same piece in another performance, one that
    is not on the same album. There the other movements on the track's own album are no candidates.
    """
    known = [each for each in truths if each is not None]
    if not known:
        return ()
    tracks = len(known[0])
    work = truths.piece if truths.work is None else truths.work

    def other_works(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        others = other(rows, tracks)
        return others if work is None else others & ~same(work, rows)

    def elsewhere(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        others = other(rows, tracks)
        here = None if work is None or truths.album is None else same(truths.album, rows) & same(work, rows)
        return others if here is None else others & ~here

    def like(labels: NDArray[np.int64]) -> Relation:
        return lambda rows: same(labels, rows)

    asked = (
        (COMPOSER, truths.composer, other_works),
        (ALBUM, truths.album, other_works),
        (WORK, truths.piece, elsewhere),
        (ENSEMBLE, truths.ensemble, other_works),
        (INSTRUMENT, truths.instrument, other_works),
    )
    found = [Task(name, tracks, like(labels), among) for name, labels, among in asked if labels is not None]
    tags = truths.tags
    if tags is not None:
        found.append(Task(TAGS, tracks, lambda rows: alike(tags, rows, SHARED_TAGS), other_works))
    return tuple(task for task in found if len(task.queries))


def batches(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
