"""Tracks as vectors of what the catalogue says of them, and of nothing that can be heard."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sql.experiments.archive_rows import ArchiveTrack

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Durations are told apart by their place among all, in so many classes.
DURATION_CLASSES = 5


def metadata_vectors(tracks: Sequence[ArchiveTrack]) -> NDArray[np.float32]:
    """(tracks, facts), unit length: composer, album, work, genre, decade, class of duration, players and instruments,
    each a place of its own; what is unknown is zero. A track of which nothing is known has its duration alone."""
    lengths = np.array([track.duration_seconds for track in tracks])
    edges = np.quantile(lengths, np.linspace(0, 1, DURATION_CLASSES + 1)[1:-1]) if len(lengths) else lengths
    facts = [_facts(track, int(np.searchsorted(edges, track.duration_seconds))) for track in tracks]
    places = {fact: place for place, fact in enumerate(dict.fromkeys(fact for each in facts for fact in each))}
    vectors = np.zeros((len(tracks), max(1, len(places))), np.float32)
    for row, each in enumerate(facts):
        for fact in each:
            vectors[row, places[fact]] = 1.0
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1), dtype=np.float32)


def _facts(track: ArchiveTrack, duration: int) -> list[tuple[str, Hashable]]:
    facts: list[tuple[str, Hashable | None]] = [
        ("composer", track.composer_id),
        ("album", track.album_id),
        ("work", track.work_id),
        ("genre", track.genre),
        ("decade", None if track.date_from is None else track.date_from.year // 10),
        ("duration", duration),
        *(("performer", performer) for performer in track.performers),
        *(("instrument", instrument) for instrument in track.instruments),
    ]
    return [(name, value) for name, value in facts if value is not None]
