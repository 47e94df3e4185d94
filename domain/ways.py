"""Gradual ways through a space."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from domain.recommendations import Candidate

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Points between two tracks that are searched around; each is a query.
MAX_STEPS = 8


def between(start: NDArray[np.float32], goal: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """So many points (steps, dimension) of unit length, evenly along the great circle from one unit vector to another
    (Shoemake, 1985); along the straight line where the two are the same or opposite to rounding."""
    shares = (np.arange(1, steps + 1, dtype=np.float64) / (steps + 1))[:, None]  # (steps, 1)
    angle = np.arccos(np.clip(float(start @ goal), -1.0, 1.0))
    if np.sin(angle) < 1e-6:
        points = (1 - shares) * start + shares * goal
    else:
        points = (np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * goal) / np.sin(angle)
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    made: NDArray[np.float32] = np.where(norms > 1e-6, points / np.maximum(norms, 1e-6), start).astype(np.float32)
    return made


def way(start: Candidate, on_the_way: list[Candidate], goal: Candidate, length: int) -> list[Candidate]:
    """The way of `length` tracks whose steps are the smallest: of all that lead from `start` to `goal` and never turn
    back, the one with the smallest sum of squared angles, which makes the steps alike. `distance` becomes the cosine
    distance to the track before.

    How far along a track lies is its angle to the start, as a part of its angles to both ends together. All tracks
    need embeddings of unit length. With fewer tracks than are needed, all of them.
    """
    tracks = [start, *on_the_way, goal]
    vectors = np.stack([track.embedding for track in tracks if track.embedding is not None]).astype(np.float64)
    angles = np.arccos(np.clip(vectors @ vectors.T, -1.0, 1.0))  # (tracks, tracks)
    together = angles[0, 1:-1] + angles[-1, 1:-1]
    along = np.divide(angles[0, 1:-1], together, out=np.zeros_like(together), where=together > 0)
    order = np.concatenate([[0], 1 + np.argsort(along, kind="stable"), [len(tracks) - 1]])
    places = _shortest(angles[np.ix_(order, order)] ** 2, min(length, len(tracks)))
    chosen = [tracks[order[place]] for place in places]
    similarity = vectors @ vectors.T
    steps = [
        replace(tracks[after], distance=1.0 - float(similarity[before, after]))
        for before, after in zip(order[places], order[places[1:]], strict=False)
    ]
    return [replace(chosen[0], distance=None), *steps]


def _shortest(costs: NDArray[np.float64], length: int) -> list[int]:
    """`length` ascending places from the first to the last with the smallest sum of costs (places, places)."""
    count = len(costs)
    onward = np.where(np.triu(np.ones((count, count), dtype=bool), k=1), costs, np.inf)
    best = np.where(np.arange(count) == 0, 0.0, np.inf)  # (places,) of ways that end there
    before = []
    for _ in range(length - 1):
        sums = best[:, None] + onward  # (place before, place)
        before.append(sums.argmin(axis=0))
        best = sums.min(axis=0)
    places = [count - 1]
    for back in reversed(before):
        places.append(int(back[places[-1]]))
    return places[::-1]
