"""What an evaluation is about: an archive's tracks, their vectors in every space, and what is true of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Engine

from domain.errors.evaluations import NothingToEvaluate
from domain.experiments import EvaluationWish
from jobs.evaluation.labels import kept_labels, read_labels, require_known
from jobs.evaluation.metadata import metadata_vectors
from jobs.evaluation.truths import categories_of, numbers_of, pieces_of, truths_of
from ml.evaluation.content.truths import Truths
from sql.experiments.archive_rows import ArchiveTrack, Heard, archive_tracks, audio_spaces, heard_so_far, shown_tags
from sql.spaces.derived_rows import SpaceRow, answering_space
from sql.spaces.vectors import Rows, track_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Spaces that no backend makes: drawn, or from the catalogue alone.
RANDOM, METADATA = "random", "metadata"
RANDOM_DIMENSION = 128
# What a learned space must beat stands beside those that were asked for, where the archive has it.
BASELINE = "mfcc"
# Spaces that were not asked for by name count with so large a part of the tracks of the fullest.
LEAST_SHARE = 0.9
LEAST_TRACKS = 8


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
    "labels", or what the archive itself says. `left_out` counts tracks that some space lacks, `thin` the
    tracks of spaces that were left out because they have so few."""

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
    thin: Mapping[str, int] = field(default_factory=dict)

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
        tags = None if self.truths.tags is None else hashlib.sha256(np.packbits(self.truths.tags).tobytes()).hexdigest()
        return hashlib.sha256(json.dumps([known, self.labels, self.tags_of, tags]).encode()).hexdigest()

    def of(self, rows: NDArray[np.int64]) -> Archive:
        """The archive that would be if it had only the tracks of `rows`, ascending."""

        def some(values: NDArray[Any] | None) -> NDArray[Any] | None:  # Any: of numbers
            return None if values is None else values[rows]

        return replace(
            self,
            tracks=[self.tracks[row] for row in rows.tolist()],
            spaces=[replace(space, vectors=space.vectors[rows]) for space in self.spaces],
            truths=self.truths.of(rows),
            pieces=self.pieces[rows],
            genre=some(self.genre),
            tempo=some(self.tempo),
            dynamics=some(self.dynamics),
            metadata=self.metadata[rows],
        )

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
        thin = {} if asked else _thin(found)
        found = {name: each for name, each in found.items() if name not in thin}
        if BASELINE in there and BASELINE not in (*found, *thin):
            found |= _with_all_of(found, BASELINE, _vectors(connection, BASELINE))
        heard = {name: heard_so_far(connection, name) for name in found}
        tags_of, tags = _tags(connection, found)
    if labels:
        require_known(labels, [track.catalogue_id for track in tracks], kept_labels(data_dir, str(wish.labels)))
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
    truths, named = truths_of(kept, labels, [tags.get(track.id, []) for track in kept] if tags else None)
    return Archive(
        tracks=kept,
        spaces=spaces,
        truths=truths,
        pieces=pieces_of(kept, labels),
        genre=categories_of(kept, labels, "genre", lambda track: track.genre),
        tempo=numbers_of(kept, labels, "tempo", lambda track: track.tempo),
        dynamics=numbers_of(kept, labels, "dynamics", lambda track: track.loudness),
        metadata=metadata_vectors(kept),
        named=named,
        tags_of=tags_of,
        left_out=len(tracks) - len(kept),
        thin=thin,
        labels=wish.labels,
    )


def _thin(found: Mapping[str, tuple[SpaceRow, Rows]]) -> dict[str, int]:
    """Spaces, with how many tracks each has, that hold too few of what the fullest holds: nobody asked for them, and
    all others would be measured on these few."""
    most = max((len(rows.ids) for _, rows in found.values()), default=0)
    return {name: len(rows.ids) for name, (_, rows) in found.items() if len(rows.ids) < LEAST_SHARE * most}


def _with_all_of(
    found: Mapping[str, tuple[SpaceRow, Rows]], name: str, baseline: tuple[SpaceRow, Rows]
) -> dict[str, tuple[SpaceRow, Rows]]:
    """The baseline's vectors, unless it lacks tracks that all the others have."""
    held = set.intersection(*({*rows.ids.tolist()} for _, rows in found.values())) if found else set()
    return {name: baseline} if found and held <= {*baseline[1].ids.tolist()} else {}


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
