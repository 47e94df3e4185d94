"""Puts tracks and their files into a database for the tests, without importing anything."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from domain.paths import path_to_text

INSERT_TRACK = text("""
    INSERT INTO tracks
        (content_hash, title, sort_key, duration_seconds, codec, sample_rate, channels, truncated, silent)
    VALUES (:hash, :title, :title, 8.0, 'flac', 16000, 1, false, :silent) RETURNING id
""")
INSERT_FILE = text("""
    INSERT INTO track_files (track_id, path, size, modified_ns, file_hash) VALUES (:track_id, :path, 1, 1, 'hash')
""")


def add_track(connection: Connection, title: str, *paths: Path | str, silent: bool = False) -> int:
    """A track called `title` whose content hash is "hash of TITLE"; its files need not exist. Returns its id."""
    track_id: int = connection.execute(
        INSERT_TRACK, {"hash": f"hash of {title}", "title": title, "silent": silent}
    ).scalar_one()
    for path in paths:
        connection.execute(INSERT_FILE, {"track_id": track_id, "path": path_to_text(Path(path))})
    return track_id
