"""What is true of an archive's tracks: by labels, where there are any, else by the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from jobs.evaluation.labels import TAG, Labels
from ml.evaluation.content.truths import Truths, encode
from sql.experiments.archive_rows import ArchiveTrack

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How loud, in the words of labels, softest first.
LEVELS = ("soft", "medium", "loud")
# So many tags count, the commonest of those that tell tracks apart.
COMMON_TAGS = 20


def _said(tracks: Sequence[ArchiveTrack], labels: Labels, aspect: str) -> list[str | None]:
    """What labels say of an aspect of each track."""
    said = labels.get(aspect, {})
    return [said.get(track.catalogue_id or "", (None,))[0] for track in tracks]


def truths_of(
    tracks: Sequence[ArchiveTrack], labels: Labels, tags: Sequence[Sequence[str]] | None
) -> tuple[Truths, dict[str, str]]:
    """The truths that retrieval asks for, and where each comes from: labels, the catalogue, for tags (`tags` by track)
    a backend; "unknown" for what nobody knows."""
    own: dict[str, list[Hashable | None]] = {
        "composer": [track.composer_id for track in tracks],
        "album": [track.album_id for track in tracks],
        "work": [track.work_id for track in tracks],
        "ensemble": [tuple(track.performers) or None for track in tracks],
        # Of several, none is what the recording is of.
        "instrument": [track.instruments[0] if len(track.instruments) == 1 else None for track in tracks],
    }
    found: dict[str, NDArray[np.int64] | None] = {}
    named: dict[str, str] = {}
    for aspect, values in own.items():
        given: Sequence[Hashable | None] = _said(tracks, labels, aspect) if aspect in labels else values
        known = any(value is not None for value in given)
        found[aspect] = encode(given) if known else None
        named[aspect] = ("labels" if aspect in labels else "catalogue") if known else "unknown"
    movements: list[Hashable | None] = [
        None if track.work_id is None else (track.work_id, track.movement_key) for track in tracks
    ]
    found["piece"] = found["work"] if "work" in labels else (encode(movements) if any(movements) else None)
    said = labels.get(TAG)
    words = [said.get(track.catalogue_id or "", ()) for track in tracks] if said else tags
    matrix = None if words is None else _matrix(words)
    named["tags"] = "unknown" if matrix is None else "labels" if said else "a backend"
    return Truths(**found, tags=matrix), named


def _matrix(words: Sequence[Sequence[str]]) -> NDArray[np.bool_] | None:
    """(tracks, tags): which of the commonest tags each has; None where none tells tracks apart."""
    counts: dict[str, int] = {}
    for each in words:
        for word in dict.fromkeys(each):
            counts[word] = counts.get(word, 0) + 1
    telling = [word for word, count in counts.items() if 2 <= count <= 0.8 * len(words)]
    chosen = sorted(telling, key=lambda word: (-counts[word], word))[:COMMON_TAGS]
    if not chosen:
        return None
    return np.array([[word in each for word in chosen] for each in map(set, words)], dtype=bool)


def pieces_of(tracks: Sequence[ArchiveTrack], labels: Labels) -> NDArray[np.int64]:
    """Works, known to labels or the catalogue; a track without one is a piece of its own."""
    said = _said(tracks, labels, "work")
    keys: list[Hashable] = [
        word or (f"work {track.work_id}" if track.work_id is not None else f"track {track.id}")
        for word, track in zip(said, tracks, strict=True)
    ]
    return encode(keys)


def categories_of(
    tracks: Sequence[ArchiveTrack], labels: Labels, aspect: str, own: Callable[[ArchiveTrack], Hashable | None]
) -> NDArray[np.int64] | None:
    """(tracks,): an aspect by labels, else what the archive has of its `own`; None where there is but one class."""
    values: list[Hashable | None] = list(_said(tracks, labels, aspect) if aspect in labels else map(own, tracks))
    return encode(values) if len({value for value in values if value is not None}) > 1 else None


def numbers_of(
    tracks: Sequence[ArchiveTrack], labels: Labels, aspect: str, own: Callable[[ArchiveTrack], float | None]
) -> NDArray[np.float64] | None:
    """(tracks,), NaN where unknown; words are ranked in the order of `LEVELS`."""
    given = [_number(word) for word in _said(tracks, labels, aspect)] if aspect in labels else [own(t) for t in tracks]
    values = np.array([np.nan if value is None else value for value in given])
    known = values[np.isfinite(values)]
    return values if len(known) and np.ptp(known) > 0 else None


def _number(word: str | None) -> float | None:
    if word is None:
        return None
    if word in LEVELS:
        return float(LEVELS.index(word))
    try:
        return float(word)
    except ValueError:
        return None
