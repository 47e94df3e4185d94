"""Re-ranks candidates for variety: maximal marginal relevance, and caps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from domain.recommendations import Candidate, RecommendationOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Caps:
    """Counts what a list already holds of each album, composer and work. Tracks without one are never capped by it;
    one of several composers counts for each of them."""

    def __init__(self, options: RecommendationOptions) -> None:
        self._max_album = options.max_per_album
        self._max_composer = options.max_per_composer
        self._albums: Counter[int] = Counter()
        self._max_work = options.max_per_work
        self._composers: Counter[int] = Counter()
        self._works: Counter[int] = Counter()

    def allow(self, candidate: Candidate) -> bool:
        return (
            _below(self._max_album, self._albums, candidate.track.album_id)
            and _below(self._max_work, self._works, candidate.track.work_id)
            and all(_below(self._max_composer, self._composers, composer.id) for composer in candidate.composers)
        )

    def count(self, candidate: Candidate) -> None:
        if candidate.track.album_id is not None:
            self._albums[candidate.track.album_id] += 1
        if candidate.track.work_id is not None:
            self._works[candidate.track.work_id] += 1
        self._composers.update(composer.id for composer in candidate.composers)


def _below(maximum: int | None, counts: Counter[int], key: int | None) -> bool:
    return maximum is None or key is None or counts[key] < maximum


def take(candidates: Iterable[Candidate], first: int, options: RecommendationOptions) -> list[Candidate]:
    """The first `first` candidates that the caps allow, in their order."""
    caps = Caps(options)
    chosen: list[Candidate] = []
    for candidate in candidates:
        if len(chosen) == first:
            break
        if caps.allow(candidate):
            caps.count(candidate)
            chosen.append(candidate)
    return chosen


def maximal_marginal_relevance(
    candidates: list[Candidate], first: int, options: RecommendationOptions, dimension: int | None = None
) -> list[Candidate]:
    """`first` candidates, one after the other the one with the largest

        (1 − d) · similarity to the query − d · largest similarity to a track already chosen

    with d = `options.diversity` and cosine similarities (Carbonell & Goldstein, SIGIR 1998, with λ = 1 − d), within
    the caps. Every candidate needs its distance and its embedding of unit length; ties go to the nearer one. With
    `dimension`, a candidate without embedding is like no other.
    """
    if not candidates:
        return []
    vectors = np.stack([_embedding(c, dimension) for c in candidates])  # (candidates, dimension)
    relevance = np.array([1.0 - (c.distance or 0.0) for c in candidates])  # (candidates,)
    redundancy = np.full(len(candidates), -1.0)  # (candidates,), cosine is never below
    open_places = np.ones(len(candidates), dtype=bool)
    caps = Caps(options)
    chosen: list[Candidate] = []
    while len(chosen) < first and open_places.any():
        # Nothing is redundant to an empty list: the first one is the nearest.
        score = (1 - options.diversity) * relevance - options.diversity * redundancy if chosen else relevance
        best = int(np.argmax(np.where(open_places, score, -np.inf)))
        open_places[best] = False
        if caps.allow(candidates[best]):
            caps.count(candidates[best])
            chosen.append(candidates[best])
            redundancy = np.maximum(redundancy, vectors @ vectors[best])
    return chosen


def _embedding(candidate: Candidate, dimension: int | None) -> NDArray[np.float32]:
    if candidate.embedding is None and dimension is not None:
        return np.zeros(dimension, dtype=np.float32)
    if candidate.embedding is None:
        raise ValueError("a candidate came without its embedding")
    return candidate.embedding
