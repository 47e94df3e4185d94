"""What tracks are called, for whoever takes over a log."""

from __future__ import annotations

from sqlalchemy import Connection, text

HASHES = text("SELECT content_hash, id FROM tracks")
KEYS = text("""
    SELECT external_id, track_id FROM catalogue_lines WHERE external_id IS NOT NULL AND track_id IS NOT NULL
    UNION
    SELECT catalogue_id, id FROM tracks WHERE catalogue_id IS NOT NULL
""")
PLACES = text("SELECT track_id, path FROM track_files ORDER BY id")


def hashes_of_tracks(connection: Connection) -> dict[str, int]:
    """Every track by the SHA-256 of its audio (hex)."""
    return {content_hash: track_id for content_hash, track_id in connection.execute(HASHES)}  # noqa: C416 -- rows are no pairs to mypy


def catalogue_keys(connection: Connection) -> dict[str, set[int]]:
    """The tracks that catalogues give each of their keys to."""
    found: dict[str, set[int]] = {}
    for key, track_id in connection.execute(KEYS):
        found.setdefault(key, set()).add(track_id)
    return found


def places(connection: Connection) -> list[tuple[int, str]]:
    """Every file with its track."""
    return [(track_id, path) for track_id, path in connection.execute(PLACES)]
