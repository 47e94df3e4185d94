"""How differently two spaces represent the same recordings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """Of `tracks` recordings: `overlap` (0–1) is the share of a track's `neighbours` nearest that both spaces name, on
    average; `rank_correlation` (-1 to 1) Spearman's between the orders in which they rank all other tracks, on average
    over tracks; `hubness` of each space the skewness of how often a track is among the nearest of others (Radovanović
    et al., "Hubs in space", JMLR 2010): 0 where all are found alike, above 1 where few are found everywhere.
    """

    tracks: int
    neighbours: int
    overlap: float
    rank_correlation: float
    hubness: tuple[float, float]


def compare(one: Vectors, other: Vectors, neighbours: int = 10) -> Comparison:
    """Compare the unit vectors (n, dimension) of the same n recordings in two spaces; n is at least 3.

    With fewer than `neighbours` others, all others are neighbours.
    """
    count = len(one)
    neighbours = min(neighbours, count - 1)
    orders = [np.array([_others_by_nearness(vectors, track) for track in range(count)]) for vectors in (one, other)]
    nearest = [order[:, :neighbours] for order in orders]
    overlap = np.mean([len(np.intersect1d(a, b)) / neighbours for a, b in zip(*nearest, strict=True)])
    correlations = [_spearman(a, b) for a, b in zip(*orders, strict=True)]
    first, second = (_skewness(np.bincount(found.ravel(), minlength=count)) for found in nearest)
    return Comparison(count, neighbours, float(overlap), float(np.mean(correlations)), (first, second))


def _others_by_nearness(vectors: Vectors, track: int) -> NDArray[np.intp]:
    order = np.argsort(-(vectors @ vectors[track]), kind="stable")
    others: NDArray[np.intp] = order[order != track]
    return others


def _spearman(one: NDArray[np.intp], other: NDArray[np.intp]) -> float:
    """Of two orders of the same things: 1 - 6 Σ d² / (n (n² - 1)), d being how far apart their places are."""
    places = np.empty(max(one.max(), other.max()) + 1, np.int64)
    places[one] = np.arange(len(one))
    distances = places[other] - np.arange(len(other))
    count = len(one)
    return 1 - 6 * float((distances.astype(np.float64) ** 2).sum()) / (count * (count**2 - 1))


def _skewness(counts: NDArray[np.intp]) -> float:
    """The third standardized moment; 0 where all are equal."""
    centred = counts - counts.mean()
    deviation = float(np.sqrt((centred**2).mean()))
    return float((centred**3).mean()) / deviation**3 if deviation else 0.0
