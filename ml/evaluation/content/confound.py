"""Does a space find the piece or the microphone?

An album's tracks share hall, instruments, microphones and mastering. A space that hears these looks as if it knew
composers wherever albums have few of them ("album effect": Whitman et al., "Artist detection in music with
Minnowmatch", NNSP 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.evaluation.content.retrieval import DECIMALS, K
from ml.evaluation.content.tasks import batches
from ml.evaluation.content.truths import other, same
from ml.evaluation.metrics.precision import precision
from ml.evaluation.metrics.ranks import rank_relevant

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Confound:
    """Of the `queries` (queries,), the tracks whose composer is both on their own album and on others (works of their
    own left out): the share of `same_album` (queries,) tracks among their five nearest of the same composer, 0–1, and
    what it would be by `chance` (queries,).

    Of the `mixed_queries` (mixed queries,), which have album mates by others and the composer elsewhere: how often the
    mate is nearer than the composer's track, `microphone` (mixed queries,), 0–1; .5 hears both alike.
    """

    queries: NDArray[np.int64]
    same_album: NDArray[np.float64]
    chance: NDArray[np.float64]
    mixed_queries: NDArray[np.int64]
    microphone: NDArray[np.float64]

    @property
    def excess(self) -> NDArray[np.float64]:
        """(queries,): how much more often than by chance the same composer is found on the same album; above 0 on
        average, some of what looks like knowing composers is hearing microphones."""
        return self.same_album - self.chance


def confound(
    vectors: NDArray[np.float32],
    composer: NDArray[np.int64],
    album: NDArray[np.int64],
    work: NDArray[np.int64] | None = None,
) -> Confound:
    """By the cosine of the unit `vectors` (tracks, dimension); labels (tracks,) as in `Truths`. Ties count by their
    expectation."""
    exact = vectors.astype(np.float64)
    parts: list[tuple[NDArray[Any], ...]] = []  # Any: of numbers
    for rows in batches(np.flatnonzero((composer >= 0) & (album >= 0))):
        others = other(rows, len(vectors)) & (composer >= 0) & (album >= 0)
        if work is not None:
            others &= ~same(work, rows)
        by_composer, on_album = same(composer, rows), same(album, rows)
        pieces, mates = others & by_composer, others & by_composer & on_album
        elsewhere, strangers = pieces & ~on_album, others & on_album & ~by_composer
        cosines = np.round(exact[rows] @ exact.T, DECIMALS)
        asked, mixed = mates.any(axis=1) & elsewhere.any(axis=1), strangers.any(axis=1) & elsewhere.any(axis=1)
        parts.append(
            (
                rows[asked],
                _share(cosines[asked], mates[asked], pieces[asked]),
                mates[asked].sum(axis=1) / pieces[asked].sum(axis=1),
                rows[mixed],
                _nearer(cosines[mixed], strangers[mixed], elsewhere[mixed]),
            )
        )
    nothing = (np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0))
    return Confound(*(np.concatenate(each) for each in zip(nothing, *parts, strict=True)))


def _share(cosines: NDArray[np.float64], mates: NDArray[np.bool_], pieces: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(queries,): how many of the five nearest `pieces` are `mates`; of all where there are fewer, which Precision@5
    divides by 5 all the same."""
    found = precision(rank_relevant(cosines, mates, pieces), K)
    return np.asarray(found * K / np.minimum(pieces.sum(axis=1), K))


def _nearer(cosines: NDArray[np.float64], one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(queries,): in what share of pairs one is nearer than the other, a tie being half (area under the ROC curve)."""
    ranks = rank_relevant(cosines, one, one | other)
    others = other.sum(axis=1)[:, None]
    # Of the candidates before and in a block, those that are of the other kind.
    before = ranks.better - (np.cumsum(ranks.relevant, axis=1) - ranks.relevant)
    beaten = others - before - (ranks.tied - ranks.relevant) / 2
    return np.asarray((ranks.relevant * beaten).sum(axis=1) / (ranks.total * others[:, 0]))
