"""Imports a file of embeddings as a space."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from domain.errors.asking import InvalidSpaceName
from domain.errors.backups import EmbeddingsUnusable, SpaceTaken
from domain.spaces import BACKENDS
from jobs.embeddings.checks import WITHOUT_TRACK, Checked, UsableRow, usable_rows
from jobs.embeddings.file import EmbeddingsFile, opened_embeddings
from sql.spaces.imported import (
    IMPORTED,
    count_missing,
    drop_lone_segments,
    find_space,
    open_imported_space,
    stage_vectors,
    track_keys,
)
from sql.spaces.indexes import index_when_large

SPACE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
OWN_SOURCE = "segue"

Tell = Callable[[int, int, str], object]


@dataclass(frozen=True)
class ImportedEmbeddings:
    """What an import brought, or would have brought: the checks of its rows; `missing` tracks are not in the file, and
    `replaced` says whether the space was there. `revision_id` and `indexed` are of the revision that was made."""

    checked: Checked
    replaced: bool
    revision_id: int | None = None
    indexed: bool = False
    missing: int = 0


def import_embeddings(
    engine: Engine,
    path: Path,
    space: str,
    *,
    index_threshold: int,
    dry_run: bool = False,
    on_progress: Tell = lambda *_: None,
) -> ImportedEmbeddings:
    """Make a Parquet file's vectors a space called `space`, or a new revision of one that was imported before.

    A row is for the track of its `content_hash` or, without that column, its `track_id`: our own number, or the text
    that the catalogue calls the track. Rows that cannot be used are left out and told. `on_progress` is told (rows
    read, rows in all, ""). Raises FolderNotFound, EmbeddingsUnusable when no row of a whole track can be used,
    InvalidSpaceName, and SpaceTaken for a space that was not imported, or was with vectors of another length.
    """
    if not SPACE_NAME.fullmatch(space):
        raise InvalidSpaceName(name=space)
    with opened_embeddings(path) as file, engine.connect() as connection, connection.begin() as transaction:
        found = find_space(connection, space)
        if space in BACKENDS or (found and found.made_by != IMPORTED):
            raise SpaceTaken(name=space, made_by=found.made_by if found else "an audio model of that name")
        checked = Checked()
        tracks = track_keys(connection, "catalogue_id" if file.key == "track_id" and file.holds_text else file.key)
        stage_vectors(connection, _read(file, tracks, checked, on_progress))
        lone = drop_lone_segments(connection)
        if lone:
            checked.segments -= lone
            checked.refuse(WITHOUT_TRACK, "", lone)
        if not checked.tracks:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in checked.refused.items())
            raise EmbeddingsUnusable(
                path=path, reason=f"of its {file.rows:,} rows none can be used: {reasons or 'none'}"
            )
        if found and found.dimension != checked.dimension:
            raise SpaceTaken(name=space, made_by=f"an import of vectors of {found.dimension} numbers")
        source = OWN_SOURCE if file.is_snapshot else space
        revision_id = open_imported_space(connection, space, checked.dimension, _revision(path), source)
        missing = count_missing(connection, revision_id)
        if dry_run:
            transaction.rollback()
            return ImportedEmbeddings(checked, found is not None, missing=missing)
    indexed = index_when_large(engine, revision_id, checked.dimension, index_threshold)
    return ImportedEmbeddings(checked, found is not None, revision_id, indexed, missing)


def _read(
    file: EmbeddingsFile, tracks: Mapping[str | int, int], checked: Checked, on_progress: Tell
) -> Iterator[UsableRow]:
    for number, row in enumerate(usable_rows(file, tracks, checked), 1):
        if number % 1_000 == 0:
            on_progress(number, file.rows, "")
        yield row
    on_progress(file.rows, file.rows, "")


def _revision(path: Path) -> str:
    """Names what made the vectors: nothing is known of it but the file."""
    with path.open("rb") as file:
        return f"file-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
