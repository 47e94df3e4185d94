"""What synthetic listeners are told of tracks: the catalogue, what was measured, the tags of another backend."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

# Positions count over all discs of an album.
TRACKS = text("""
    SELECT t.id, t.duration_seconds, t.composer_id, t.album_id, t.work_id,
           row_number() OVER (PARTITION BY t.album_id ORDER BY t.disc NULLS FIRST, t.position NULLS LAST, t.id),
           m.tempo, m.loudness, t.genre,
           ARRAY(SELECT DISTINCT p.instrument FROM track_performers p
                 WHERE p.track_id = t.id AND p.instrument IS NOT NULL),
           coalesce(g.top, '{}')
    FROM tracks t
    LEFT JOIN track_measures m ON m.track_id = t.id AND m.revision = :measures
    LEFT JOIN track_tags g ON g.track_id = t.id
        AND g.revision_id = (SELECT active_revision_id FROM spaces WHERE name = :tags_of)
    WHERE NOT t.missing
    ORDER BY t.id
""")

CATALOGUE_IDS = text("SELECT catalogue_id, id FROM tracks WHERE catalogue_id IS NOT NULL")

UNMEASURED = text("""
    SELECT t.id, t.title,
           ARRAY(SELECT f.path FROM track_files f WHERE f.track_id = t.id AND f.missing_since IS NULL ORDER BY f.id)
    FROM tracks t
    WHERE NOT t.missing AND NOT t.silent
      AND NOT EXISTS (SELECT FROM track_measures m WHERE m.track_id = t.id AND m.revision = :revision)
      AND EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id AND f.missing_since IS NULL)
    ORDER BY t.id
""")

SAVE_MEASURES = text("""
    INSERT INTO track_measures (track_id, revision, tempo, loudness)
    SELECT id, :revision, :tempo, :loudness FROM tracks WHERE id = :track_id
    ON CONFLICT (track_id) DO UPDATE
    SET revision = excluded.revision, tempo = excluded.tempo, loudness = excluded.loudness
""")


class TrackFacts(NamedTuple):
    """A track as listeners know it; `tags` are those that another backend heard, best first."""

    id: int
    duration_seconds: float
    composer_id: int | None
    album_id: int | None
    work_id: int | None
    position: int
    tempo: float | None
    loudness: float | None
    genre: str | None
    instruments: list[str]
    tags: list[str]


class Unmeasured(NamedTuple):
    """A track that was not measured yet, and the places of its files."""

    id: int
    title: str
    paths: list[str]


def track_facts(connection: Connection, measures: str, tags_of: str | None) -> list[TrackFacts]:
    """Every track that is there, in the order of import; with tags of a space, if one is named."""
    return [TrackFacts(*row) for row in connection.execute(TRACKS, {"measures": measures, "tags_of": tags_of})]


def tracks_by_catalogue_id(connection: Connection) -> dict[str, int]:
    return {str(name): int(key) for name, key in connection.execute(CATALOGUE_IDS)}


def unmeasured_tracks(connection: Connection, revision: str) -> list[Unmeasured]:
    """Tracks with a file that were not measured in this way yet."""
    return [Unmeasured(*row) for row in connection.execute(UNMEASURED, {"revision": revision})]


def save_measures(connection: Connection, track_id: int, revision: str, tempo: float | None, loudness: float) -> None:
    """Keep what was measured, in place of earlier measures; a track that is gone is left alone."""
    connection.execute(
        SAVE_MEASURES, {"track_id": track_id, "revision": revision, "tempo": tempo, "loudness": loudness}
    )
