"""Segments that others made: found, written and removed by their creators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from domain.spaces import DEFAULT_SPACE

TRACKS = text("SELECT id, title, duration_seconds FROM tracks")
PLACES = text("SELECT track_id, path FROM track_files ORDER BY id")

EXTERNAL_IDS = text("""
    SELECT DISTINCT external_id, track_id FROM catalogue_lines
    WHERE external_id = ANY (:names) AND track_id IS NOT NULL
""").bindparams(bindparam("names", type_=ARRAY(Text)))

OF_CREATORS = text("""
    SELECT id, track_id, source, start_seconds, end_seconds, label FROM segments WHERE source = ANY (:creators)
""").bindparams(bindparam("creators", type_=ARRAY(Text)))

DELETE = text("DELETE FROM segments WHERE id = ANY (:ids)").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

RELABEL = text("UPDATE segments SET label = :label WHERE id = :id")

INSERT = text("""
    INSERT INTO segments (track_id, source, start_seconds, end_seconds, label)
    VALUES (:track_id, :source, :start, :end, :label)
""")

# Silent tracks are never embedded, and wait for nothing.
COUNT_WAITING = text("""
    SELECT count(*) FROM segments s JOIN tracks t ON t.id = s.track_id
    WHERE s.source = ANY (:creators) AND NOT t.silent AND NOT EXISTS (
        SELECT FROM segment_embeddings e JOIN spaces p ON p.active_revision_id = e.revision_id
        WHERE e.segment_id = s.id AND p.name = :space)
""").bindparams(bindparam("creators", type_=ARRAY(Text)))


class KnownTrack(NamedTuple):
    """A track that a segment may be of."""

    id: int
    title: str
    duration_seconds: float


class StoredSegment(NamedTuple):
    """A segment that is stored; `source` is its creator."""

    id: int
    track_id: int
    source: str
    start_seconds: float
    end_seconds: float
    label: str | None


def known_tracks(connection: Connection) -> list[KnownTrack]:
    """Every track."""
    return [KnownTrack(*row) for row in connection.execute(TRACKS)]


def places(connection: Connection) -> list[tuple[int, str]]:
    """Every file with its track."""
    return [(track_id, path) for track_id, path in connection.execute(PLACES)]


def tracks_of_external_ids(connection: Connection, names: Iterable[str]) -> dict[str, set[int]]:
    """The tracks that catalogues give these keys to; the others are left out."""
    found: dict[str, set[int]] = {}
    for name, track_id in connection.execute(EXTERNAL_IDS, {"names": list(names)}):
        found.setdefault(name, set()).add(track_id)
    return found


def segments_of(connection: Connection, creators: Sequence[str]) -> list[StoredSegment]:
    """All that is stored of these creators."""
    return [StoredSegment(*row) for row in connection.execute(OF_CREATORS, {"creators": list(creators)})]


def delete(connection: Connection, ids: Sequence[int]) -> None:
    """Remove segments with their vectors."""
    if ids:
        connection.execute(DELETE, {"ids": list(ids)})


def relabel(connection: Connection, labels: Mapping[int, str | None]) -> None:
    """Give segments other labels, by id."""
    if labels:
        connection.execute(RELABEL, [{"id": id_, "label": label} for id_, label in labels.items()])


def insert(connection: Connection, segments: Sequence[tuple[int, str, float, float, str | None]]) -> None:
    """Write segments: track, creator, beginning and end in seconds, label."""
    if segments:
        columns = ("track_id", "source", "start", "end", "label")
        connection.execute(INSERT, [dict(zip(columns, segment, strict=True)) for segment in segments])


def count_waiting(connection: Connection, creators: Sequence[str]) -> int:
    """How many segments of these creators have no vector in the default space yet."""
    return int(connection.execute(COUNT_WAITING, {"creators": list(creators), "space": DEFAULT_SPACE}).scalar_one())
