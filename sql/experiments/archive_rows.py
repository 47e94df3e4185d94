"""What an evaluation is told of tracks: the catalogue, who plays, what was measured, the tags of every space."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

TRACKS = text("""
    SELECT t.id, t.catalogue_id, t.title, t.duration_seconds, t.composer_id, c.name AS composer, t.album_id,
           a.title AS album, t.work_id, t.movement_key, t.genre, a.date_from, m.tempo, m.loudness,
           ARRAY(SELECT DISTINCT p.instrument FROM track_performers p
                 WHERE p.track_id = t.id AND p.instrument IS NOT NULL ORDER BY 1) AS instruments,
           ARRAY(SELECT DISTINCT p.performer_id FROM track_performers p WHERE p.track_id = t.id ORDER BY 1)
               AS performers,
           ARRAY(SELECT f.path FROM track_files f WHERE f.track_id = t.id AND f.missing_since IS NULL ORDER BY f.id)
               AS paths
    FROM tracks t
    LEFT JOIN composers c ON c.id = t.composer_id AND c.person
    LEFT JOIN albums a ON a.id = t.album_id
    LEFT JOIN track_measures m ON m.track_id = t.id
    WHERE NOT t.missing
    ORDER BY t.id
""")
TAGS = text("SELECT track_id, top FROM track_tags WHERE revision_id = :revision_id ORDER BY track_id")
AUDIO_SPACES = text("""
    SELECT s.name FROM spaces s
    WHERE s.active_revision_id IS NOT NULL AND NOT EXISTS (SELECT FROM models m WHERE m.own_space_id = s.id)
    ORDER BY s.id
""")
RATES = text("""
    SELECT sum(i.seconds), sum(t.duration_seconds), count(*)
    FROM jobs j JOIN job_items i ON i.job_id = j.id JOIN tracks t ON t.id = i.track_id
    WHERE j.kind IN ('embed', 'reembed') AND j.arguments ->> 'space' = :space AND i.state = 'DONE'
""")


class ArchiveTrack(NamedTuple):
    """A track as an evaluation knows it; `composer` is None for "Traditional" and "Anonymous", too."""

    id: int
    catalogue_id: str | None
    title: str
    duration_seconds: float
    composer_id: int | None
    composer: str | None
    album_id: int | None
    album: str | None
    work_id: int | None
    movement_key: str | None
    genre: str | None
    date_from: date | None
    tempo: float | None
    loudness: float | None
    instruments: list[str]
    performers: list[int]
    paths: list[str]


class Heard(NamedTuple):
    """How long embedding took so far: `seconds` of work for `audio_seconds` of music on `tracks`."""

    seconds: float
    audio_seconds: float
    tracks: int


def archive_tracks(connection: Connection) -> list[ArchiveTrack]:
    """Every track that is there, by id."""
    return [ArchiveTrack(*row) for row in connection.execute(TRACKS)]


def shown_tags(connection: Connection, revision_id: int) -> dict[int, list[str]]:
    """The tags that a revision shows of each track, best first."""
    return {track: list(top) for track, top in connection.execute(TAGS, {"revision_id": revision_id})}


def audio_spaces(connection: Connection) -> list[str]:
    """Every space that holds vectors and is no trained model's own, the oldest first."""
    return list(connection.scalars(AUDIO_SPACES))


def heard_so_far(connection: Connection, space: str) -> Heard | None:
    """What the jobs that filled a space took; None where no job tells."""
    seconds, audio_seconds, tracks = connection.execute(RATES, {"space": space}).one()
    return Heard(float(seconds), float(audio_seconds), tracks) if seconds and audio_seconds else None
