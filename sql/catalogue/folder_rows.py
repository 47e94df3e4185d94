"""The files that were imported from a folder, or from below a prefix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

FILES_BELOW = text("""
    SELECT f.id, f.path, f.track_id, t.title, t.duration_seconds, f.missing_since IS NOT NULL AS missing
    FROM track_files f JOIN tracks t ON t.id = f.track_id
    WHERE starts_with(f.path, :prefix)
    ORDER BY f.id
""")

MARK_MISSING = text("""
    UPDATE track_files SET missing_since = now() WHERE id = ANY (:ids) AND missing_since IS NULL
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

# A track is missing when every file that held it is.
MARK_TRACKS = text("""
    UPDATE tracks t SET missing = true
    WHERE NOT missing AND id IN (SELECT track_id FROM track_files WHERE id = ANY (:ids))
      AND NOT EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id AND f.missing_since IS NULL)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

MARK_RETURNED = text("""
    WITH returned AS (
        UPDATE track_files SET missing_since = NULL, seen_at = now()
        WHERE path = ANY (CAST(:paths AS text[])) AND missing_since IS NOT NULL
        RETURNING track_id
    )
    UPDATE tracks SET missing = false WHERE missing AND id IN (SELECT track_id FROM returned)
""")


class FileBelow(NamedTuple):
    """A file that was imported, and its track; `missing`: it was confirmed to be gone."""

    id: int
    path: str
    track_id: int
    title: str
    duration_seconds: float
    missing: bool


def files_below(connection: Connection, prefix: str) -> list[FileBelow]:
    """The files whose place begins with `prefix` ("/music/", "s3://bucket/prefix/"), first imported first."""
    return [FileBelow(*row) for row in connection.execute(FILES_BELOW, {"prefix": prefix})]


def mark_missing(connection: Connection, file_ids: Sequence[int]) -> int:
    """Note that files are gone; returns the number of tracks that have none left, which are missing from now on."""
    connection.execute(MARK_MISSING, {"ids": list(file_ids)})
    return connection.execute(MARK_TRACKS, {"ids": list(file_ids)}).rowcount


def mark_returned(connection: Connection, paths: Sequence[str]) -> None:
    """Note that files which were missing are back as they were, and their tracks with them."""
    connection.execute(MARK_RETURNED, {"paths": list(paths)})
