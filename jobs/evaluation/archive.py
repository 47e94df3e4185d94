"""What an evaluation is about: an archive's tracks, their vectors in every space, and what is true of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, Engine

from domain.errors.evaluations import NothingToEvaluate
from domain.experiments import EvaluationWish
from jobs.evaluation.labels import TAG, Labels, kept_labels, read_labels
from jobs.evaluation.metadata import metadata_vectors
from ml.evaluation.content.truths import Truths, encode
from sql.experiments.archive_rows import ArchiveTrack, Heard, archive_tracks, audio_spaces, heard_so_far, shown_tags
from sql.spaces.derived_rows import SpaceRow, answering_space
from sql.spaces.vectors import Rows, track_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How loud, in the words of labels, softest first.
LEVELS = ("soft", "medium", "loud")

# Spaces that no backend makes: drawn, or from the catalogue alone.
RANDOM, METADATA = "random", "metadata"
RANDOM_DIMENSION = 128
LEAST_TRACKS = 8
# Of a space's own tags, those that at least so many tracks share and not almost all.
COMMON_TAGS = 20


@dataclass(frozen=True)
class EvaluatedSpace:
    """A space over the tracks of the evaluation: `vectors` (tracks, dimension), unit length. `revision` says which
    weights made it; `heard` what embedding took, None where nothing tells. `drawn`: made here, no vectors are kept."""

    name: str
    vectors: NDArray[np.float32]
    revision: str
    backend: str
    heard: Heard | None = None
    drawn: bool = False

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @property
    def sha256(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.vectors).tobytes()).hexdigest()


@dataclass(frozen=True)
class Archive:
    """`tracks` are those that every space holds, by id; everything else is in their order. `pieces` (tracks,) are works
    with their movement, or a number of their own: what must not be on both sides of a split. `genre`, `tempo` and
    `dynamics` are targets of probes beside the truths, None where nobody knows them; `named` gives the aspects' source:
    "labels", or what the archive itself says. `left_out` counts tracks that some space lacks."""

    tracks: Sequence[ArchiveTrack]
    spaces: Sequence[EvaluatedSpace]
    truths: Truths
    pieces: NDArray[np.int64]
    genre: NDArray[np.int64] | None
    tempo: NDArray[np.float64] | None
    dynamics: NDArray[np.float64] | None
    metadata: NDArray[np.float32]
    named: Mapping[str, str]
    tags_of: str | None
    left_out: int
    labels: str | None = None

    def __len__(self) -> int:
        return len(self.tracks)

    @property
    def ids(self) -> NDArray[np.int64]:
        return np.array([track.id for track in self.tracks], np.int64)

    @property
    def durations(self) -> NDArray[np.float64]:
        return np.array([track.duration_seconds for track in self.tracks])

    @property
    def sha256(self) -> str:
        """Of all that is known of the tracks but for their vectors, hex."""
        known = [[str(value) for value in track[:-1]] for track in self.tracks]
        return hashlib.sha256(json.dumps([known, self.labels]).encode()).hexdigest()

    def space(self, name: str) -> EvaluatedSpace:
        return next(space for space in self.spaces if space.name == name)


def read_archive(engine: Engine, wish: EvaluationWish, data_dir: Path) -> Archive:
    """The tracks that all the spaces hold that were asked for, or that there are. Raises SpaceNotFound, SpaceNotReady,
    NothingToEvaluate, LabelsUnusable."""
    labels = read_labels(kept_labels(data_dir, wish.labels)) if wish.labels else {}
    with engine.connect() as connection:
        tracks = archive_tracks(connection)
        there = audio_spaces(connection)
        # Without vectors of their own, random ones are drawn below.
        asked = [name for name in wish.spaces if name not in (RANDOM, METADATA) or name in there]
        names = asked or there
        found = {name: _vectors(connection, name) for name in dict.fromkeys(names)}
        heard = {name: heard_so_far(connection, name) for name in found}
        tags_of, tags = _tags(connection, found)
    if not found:
        raise NothingToEvaluate(reason="no space holds a vector.", remedy="Hear the recordings first: segue embed")
    held = set.intersection(*({*rows.ids.tolist()} for _, rows in found.values()))
    kept = [track for track in tracks if track.id in held]
    if len(kept) < LEAST_TRACKS:
        raise NothingToEvaluate(
            reason=f"{len(kept)} tracks are in all of {', '.join(found)}; it takes {LEAST_TRACKS}.",
            remedy="Import more, or fill the spaces: segue embed --space NAME",
        )
    ids = np.array([track.id for track in kept], np.int64)
    spaces = [
        EvaluatedSpace(name, rows.vectors[np.searchsorted(rows.ids, ids)], str(row.revision), row.backend, heard[name])
        for name, (row, rows) in found.items()
    ]
    if RANDOM not in found:
        spaces.append(_random(len(kept), wish.seed))
    truths, named = _truths(kept, labels, [tags.get(track.id, []) for track in kept] if tags else None)
    return Archive(
        tracks=kept,
        spaces=spaces,
        truths=truths,
        pieces=_pieces(kept, labels),
        genre=_categories(kept, labels, "genre", lambda track: track.genre),
        tempo=_numbers(kept, labels, "tempo", lambda track: track.tempo),
        dynamics=_numbers(kept, labels, "dynamics", lambda track: track.loudness),
        metadata=metadata_vectors(kept),
        named=named,
        tags_of=tags_of,
        left_out=len(tracks) - len(kept),
        labels=wish.labels,
    )


def _vectors(connection: Connection, name: str) -> tuple[SpaceRow, Rows]:
    row = answering_space(connection, name)
    assert row.active_revision_id is not None  # noqa: S101 -- it answers
    return row, track_vectors(connection, row.active_revision_id)


def _tags(
    connection: Connection, found: Mapping[str, tuple[SpaceRow, Rows]]
) -> tuple[str | None, dict[int, list[str]]]:
    """The tags of the first space that has any, and its name."""
    for name, (row, _) in found.items():
        assert row.active_revision_id is not None  # noqa: S101 -- it answers
        tags = shown_tags(connection, row.active_revision_id)
        if tags:
            return name, tags
    return None, {}


def _random(tracks: int, seed: int) -> EvaluatedSpace:
    drawn = np.random.default_rng([seed, 20]).standard_normal((tracks, RANDOM_DIMENSION))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return EvaluatedSpace(RANDOM, drawn.astype(np.float32), f"seed {seed}", RANDOM, drawn=True)


def _said(tracks: Sequence[ArchiveTrack], labels: Labels, aspect: str) -> list[str | None]:
    """What labels say of an aspect of each track."""
    said = labels.get(aspect, {})
    return [said.get(track.catalogue_id or "", (None,))[0] for track in tracks]


def _truths(
    tracks: Sequence[ArchiveTrack], labels: Labels, tags: Sequence[Sequence[str]] | None
) -> tuple[Truths, dict[str, str]]:
    own: dict[str, list[Hashable | None]] = {
        "composer": [track.composer_id for track in tracks],
        "album": [track.album_id for track in tracks],
        "work": [track.work_id for track in tracks],
        "ensemble": [tuple(track.performers) or None for track in tracks],
        "instrument": [track.instruments[0] if track.instruments else None for track in tracks],
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


def _pieces(tracks: Sequence[ArchiveTrack], labels: Labels) -> NDArray[np.int64]:
    """Works, known to labels or the catalogue; a track without one is a piece of its own."""
    said = _said(tracks, labels, "work")
    keys: list[Hashable] = [
        word or (f"work {track.work_id}" if track.work_id is not None else f"track {track.id}")
        for word, track in zip(said, tracks, strict=True)
    ]
    return encode(keys)


def _categories(
    tracks: Sequence[ArchiveTrack], labels: Labels, aspect: str, own: Callable[[ArchiveTrack], Hashable | None]
) -> NDArray[np.int64] | None:
    values: list[Hashable | None] = list(_said(tracks, labels, aspect) if aspect in labels else map(own, tracks))
    return encode(values) if len({value for value in values if value is not None}) > 1 else None


def _numbers(
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
