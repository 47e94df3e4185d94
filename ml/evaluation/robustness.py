"""How far a space is moved by what happens to a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ml.evaluation.content.retrieval import DECIMALS
from ml.evaluation.disturbances.signal import Disturbance, Samples
from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.ranks import rank_relevant

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST, SECONDS = 60, 30.0
NEIGHBOURS = 10
# The excerpts as they are, which are not whole tracks either.
UNDISTURBED = "undisturbed"

# Hears mono samples (samples,) at a rate in Hz: a unit vector (dimension,).
Ear = Callable[[Samples, int], "NDArray[np.float32]"]


class Excerpt(NamedTuple):
    """`track` is a row of the archive."""

    track: int
    start_seconds: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """Of every excerpt (excerpts,), under the disturbance `name`: `overlap`, 0–1, the share of its ten nearest tracks,
    its own left out, that were there undisturbed; `recall`, 0–1, whether its own track is the nearest of all."""

    name: str
    overlap: NDArray[np.float64]
    recall: NDArray[np.float64]


def choose_excerpts(
    durations: NDArray[np.float64], random: np.random.Generator, most: int = MOST, seconds: float = SECONDS
) -> list[Excerpt]:
    """At most `most` excerpts of `seconds`, each from another track, from anywhere in it; `durations` (tracks,) are in
    seconds. Tracks that are shorter are left out, unless all are: then these are taken from their beginning."""
    long_enough = np.flatnonzero(durations >= seconds)
    rows = long_enough if len(long_enough) else np.flatnonzero(durations > 0)
    drawn = np.sort(random.permutation(rows)[:most])
    room = np.maximum(durations[drawn] - seconds, 0) * random.random(len(drawn))
    return [Excerpt(int(row), float(start)) for row, start in zip(drawn, room, strict=True)]


def hear(
    ears: Mapping[str, Ear], samples: Samples, rate: int, disturbances: Mapping[str, Disturbance], seed: int
) -> dict[str, dict[str, NDArray[np.float32]]]:
    """One excerpt as it is, UNDISTURBED, and under each of the `disturbances`, by all `ears`: space to disturbance to
    vector (dimension,). Each disturbance is made once, and what it draws depends on its name and the `seed` alone."""
    heard = {space: {UNDISTURBED: ear(samples, rate)} for space, ear in ears.items()}
    for name, disturb in disturbances.items():
        changed = disturb(samples, rate, np.random.default_rng([seed, *name.encode()]))
        for space, ear in ears.items():
            heard[space][name] = ear(changed, rate)
    return heard


def robustness(
    clean: NDArray[np.float32],
    disturbed: Mapping[str, NDArray[np.float32]],
    archive: NDArray[np.float32],
    rows: NDArray[np.int64],
) -> list[Robustness]:
    """`clean` and each of `disturbed` are vectors (excerpts, dimension), `archive` those of all tracks (tracks,
    dimension), `rows` (excerpts,) the tracks that the excerpts are from. The first is of `clean` itself, whose overlap
    is 1: how well an excerpt finds its own track."""
    before = _cosines(clean, archive)
    return [
        Robustness(name, _overlap(before, cosines, rows), _recall(cosines, rows))
        for name, cosines in (
            (UNDISTURBED, before),
            *((name, _cosines(vectors, archive)) for name, vectors in disturbed.items()),
        )
    ]


def _cosines(vectors: NDArray[np.float32], archive: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.round(vectors.astype(np.float64) @ archive.astype(np.float64).T, DECIMALS)


def _overlap(before: NDArray[np.float64], after: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(excerpts,). Equal scores are in the order of tracks on both sides, so that what is not moved overlaps."""
    count = min(NEIGHBOURS, before.shape[1] - 1)
    found = []
    for scores in (before, after):
        others = scores.copy()
        others[np.arange(len(rows)), rows] = -np.inf
        found.append(np.argsort(-others, axis=1, kind="stable")[:, :count])
    shared = [len(np.intersect1d(one, other)) for one, other in zip(*found, strict=True)]
    return np.asarray(np.array(shared) / max(count, 1), np.float64)


def _recall(cosines: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return hit_rate(rank_relevant(cosines, np.arange(cosines.shape[1]) == rows[:, None]), 1)
