"""Leave-one-out retrieval tasks: each track asks for those that are like it in one respect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.content.truths import Truths, alike, same

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPOSER, ALBUM, WORK, ENSEMBLE, INSTRUMENT, TAGS = "composer", "album", "work", "ensemble", "instrument", "tags"

# Half of the tags that either of two tracks has.
SHARED_TAGS = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """`relevant` and `candidates`, both (tracks, tracks): what each track should find, among what; never itself."""

    name: str
    relevant: NDArray[np.bool_]
    candidates: NDArray[np.bool_]

    @property
    def queries(self) -> NDArray[np.int64]:
        """The tracks (queries,) that have anything to find; only they count."""
        return np.flatnonzero((self.relevant & self.candidates).any(axis=1))


def tasks(truths: Truths) -> tuple[Task, ...]:
    """Every task for which an archive has truths and something to find.

    Other tracks of the same work are no candidates, since they share composer, album and sound at once and would be
    found for the wrong reason; but for the task "work", which asks for the same piece in another performance, one that
    is not on the same album. There the other movements on the track's own album are no candidates.
    """
    labels = [each for each in (truths.composer, truths.album, truths.piece, truths.ensemble) if each is not None]
    labels += [each for each in (truths.instrument, truths.tags) if each is not None]
    if not labels:
        return ()
    others = ~np.eye(len(labels[0]), dtype=bool)
    other_works = others if truths.work is None else others & ~same(truths.work)
    found = [
        Task(name, same(each), other_works)
        for name, each in (
            (COMPOSER, truths.composer),
            (ALBUM, truths.album),
            (ENSEMBLE, truths.ensemble),
            (INSTRUMENT, truths.instrument),
        )
        if each is not None
    ]
    if truths.piece is not None:
        elsewhere = others
        if truths.album is not None:
            elsewhere = others & ~(same(truths.album) & same(truths.piece if truths.work is None else truths.work))
        found.insert(2, Task(WORK, same(truths.piece), elsewhere))
    if truths.tags is not None:
        found.append(Task(TAGS, alike(truths.tags, SHARED_TAGS), other_works))
    return tuple(task for task in found if len(task.queries))
