"""Files of tracks: where their audio lies, and how to tell that a file has not changed without reading it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, text

from sql.catalogue.descriptions import Description, description_to_json

KNOWN_FILES = text("""
    SELECT f.path, f.size, f.modified_ns, t.truncated, t.silent, f.missing_since IS NOT NULL AS missing
    FROM unnest(CAST(:paths AS text[])) AS asked (path)
    JOIN track_files f ON f.path = asked.path
    JOIN tracks t ON t.id = f.track_id
""")

FILE_AT = text("SELECT id, track_id, file_hash FROM track_files WHERE path = :path")

OTHER_FILES = text("SELECT id, path FROM track_files WHERE track_id = :track_id AND path <> :path ORDER BY id")

INSERT_FILE = text("""
    INSERT INTO track_files (track_id, path, size, modified_ns, file_hash, said)
    VALUES (:track_id, :path, :size, :modified_ns, :file_hash, CAST(:said AS jsonb))
""")

UPDATE_FILE = text("""
    UPDATE track_files
    SET track_id = :track_id, path = :path, size = :size, modified_ns = :modified_ns, file_hash = :file_hash,
        said = CAST(:said AS jsonb), seen_at = now(), missing_since = NULL
    WHERE id = :id
""")

TRACK_IS_THERE = text("UPDATE tracks SET missing = false WHERE id = :track_id AND missing")


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: `path` as `domain.paths` writes it, `file_hash` the SHA-256 (hex) of all its bytes."""

    path: str
    size: int
    modified_ns: int
    file_hash: str


class KnownFile(NamedTuple):
    """A file that was imported earlier, what was found of its track, and whether it was missing since."""

    size: int
    modified_ns: int
    truncated: bool
    silent: bool
    missing: bool


class FileRow(NamedTuple):
    """The row at a path."""

    id: int
    track_id: int
    file_hash: str


class OtherFile(NamedTuple):
    """Another file of the same track."""

    id: int
    path: str


def known_files(connection: Connection, paths: Iterable[str]) -> dict[str, KnownFile]:
    """Those of `paths` that were imported earlier."""
    rows = connection.execute(KNOWN_FILES, {"paths": list(paths)})
    return {path: KnownFile(*known) for path, *known in rows}


def file_at(connection: Connection, path: str) -> FileRow | None:
    row = connection.execute(FILE_AT, {"path": path}).one_or_none()
    return None if row is None else FileRow(*row)


def other_files(connection: Connection, track_id: int, path: str) -> list[OtherFile]:
    """The track's files at other paths, first imported first."""
    return [OtherFile(*row) for row in connection.execute(OTHER_FILES, {"track_id": track_id, "path": path})]


def write_file(connection: Connection, track_id: int, file: FileState, said: Description, row_id: int | None) -> None:
    """Make the row of a file, or turn row `row_id` into it. Its track is there from then on, if it was missing."""
    values = {
        "track_id": track_id,
        "path": file.path,
        "size": file.size,
        "modified_ns": file.modified_ns,
        "file_hash": file.file_hash,
        "said": json.dumps(description_to_json(said)),
    }
    if row_id is None:
        connection.execute(INSERT_FILE, values)
    else:
        connection.execute(UPDATE_FILE, values | {"id": row_id})
    connection.execute(TRACK_IS_THERE, {"track_id": track_id})
