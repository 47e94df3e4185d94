"""A small archive whose similarities can be read off, written straight into a database.

In the default space the seed is (1, 0, 0 …), and the others are combinations of unit vectors:

| track      | vector         | cosine with the seed |
|------------|----------------|----------------------|
| Prelude    | (1, 0, 0)      | seed                 |
| Fugue      | (.8, .6, 0)    | 0.8                  |
| Élégie     | (.6, 0, .8)    | 0.6                  |
| Toccata    | (.28, .96, 0)  | 0.28                 |
| Waltz      | (0, 1, 0)      | 0                    |

"Silence" is silent, "Newcomer" is not embedded yet, "Broken" could not be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from pgvector import Vector

from domain.names import person_sort_key, title_sort_key
from domain.spaces import DEFAULT_SPACE, backend_facts
from sql.engine import make_engine
from sql.spaces.partitions import make_partitions

FACTS = backend_facts(DEFAULT_SPACE)
VECTORS = {
    "Prelude": (1.0, 0.0, 0.0),
    "Fugue": (0.8, 0.6, 0.0),
    "Élégie": (0.6, 0.0, 0.8),
    "Toccata": (0.28, 0.96, 0.0),
    "Waltz": (0.0, 1.0, 0.0),
}
TAGS = {
    "Prelude": {"piano": 0.9, "slow": 0.7, "classical": 0.6},
    "Fugue": {"classical": 0.8, "piano": 0.5},
    "Élégie": {"cello": 0.9, "slow": 0.8},
}
JOB_IDS = tuple(UUID(int=number) for number in (1, 2, 3))


@dataclass(frozen=True)
class SmallArchive:
    """Keys by title or name."""

    albums: dict[str, int]
    composers: dict[str, int]
    tracks: dict[str, int]
    segments: dict[tuple[str, float], int]
    space: int
    revision: int


def fill(database_url: str, audio: Path | None = None) -> SmallArchive:
    """Write the archive into an empty, migrated database; `audio` is the file of "Prelude"."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        albums = {
            title: _inserted(
                connection,
                "albums",
                folder=f"/{title}",
                title=title,
                sort_key=title_sort_key(title),
                artist=artist,
                date_text=text,
                date_from=date_from,
                date_to=date_to,
                date_precision=precision,
            )
            for title, artist, text, date_from, date_to, precision in (
                ("Zürich 1998", "Ana Lima", "7/30/1998 - 8/8/1998", "1998-07-30", "1998-08-08", "DAY"),
                ("Ära", None, "1997 to 2006", "1997-01-01", "2006-12-31", "YEAR"),
                ("Undated", "Ana Lima", None, None, None, None),
            )
        }
        composers = {
            name: _inserted(connection, "composers", name=name, sort_key=person_sort_key(name))
            for name in ("Johann Sebastian Bach", "Clara Schumann", "Antonín Dvořák")
        }
        tracks = {
            title: _inserted(
                connection,
                "tracks",
                content_hash=title,
                album_id=albums.get(album),
                composer_id=composers.get(composer),
                title=title,
                sort_key=title_sort_key(title),
                disc=disc,
                position=position,
                arranger="F. Busoni" if title == "Toccata" else None,
                duration_seconds=seconds,
                codec="pcm",
                sample_rate=44_100,
                channels=2,
                truncated=title == "Broken",
                silent=title == "Silence",
                genre="Classical" if title == "Prelude" else None,
                labels=["ECM", "Philips"] if title == "Prelude" else [],
                catalogue_id="101" if title == "Prelude" else None,
            )
            for title, album, composer, disc, position, seconds in (
                ("Prelude", "Zürich 1998", "Johann Sebastian Bach", 1, 2, 60.0),
                ("Fugue", "Zürich 1998", "Johann Sebastian Bach", 1, 10, 90.0),
                ("Élégie", "Ära", "Clara Schumann", None, 1, 120.0),
                ("Toccata", "Zürich 1998", "Antonín Dvořák", 2, 1, 180.0),
                ("Waltz", "Ära", "Clara Schumann", None, None, 240.0),
                ("Silence", "Zürich 1998", "", None, None, 30.0),
                ("Newcomer", "Undated", "Clara Schumann", None, 1, 45.0),
                ("Broken", "", "", None, None, 50.0),
            )
        }
        space, revision = _space(connection, database_url)
        _embed(connection, revision, tracks)
        segments = _segments(connection, revision, tracks)
        _performers(connection, tracks)
        _jobs(connection)
        if audio is not None:
            _inserted(
                connection,
                "track_files",
                track_id=tracks["Prelude"],
                path=str(audio),
                size=audio.stat().st_size,
                modified_ns=0,
                file_hash="0",
            )
    return SmallArchive(albums, composers, tracks, segments, space, revision)


def _inserted(connection: psycopg.Connection, table: str, **values: Any) -> int:
    places = ", ".join(f"%({name})s" for name in values)
    row = connection.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING id", values
    ).fetchone()
    assert row
    return int(row[0])


def _space(connection: psycopg.Connection, database_url: str) -> tuple[int, int]:
    space = _inserted(
        connection, "spaces", name=DEFAULT_SPACE, backend=DEFAULT_SPACE, dimension=FACTS.dimension, metric="cosine"
    )
    revision = _inserted(
        connection, "space_revisions", space_id=space, revision=FACTS.revision, state="FILLING", indexed=False
    )
    connection.execute("UPDATE spaces SET active_revision_id = %s", [revision])
    engine = make_engine(database_url)
    with engine.begin() as made:
        make_partitions(made, revision, FACTS.dimension)
    engine.dispose()
    return space, revision


def _vector(head: tuple[float, ...]) -> str:
    return Vector([*head, *[0.0] * (FACTS.dimension - len(head))]).to_text()


def _embed(connection: psycopg.Connection, revision: int, tracks: dict[str, int]) -> None:
    for title, head in VECTORS.items():
        connection.execute(
            "INSERT INTO track_embeddings (revision_id, track_id, embedding) VALUES (%s, %s, %s)",
            [revision, tracks[title], _vector(head)],
        )
    for title, heard in TAGS.items():
        connection.execute(
            "INSERT INTO track_tags (revision_id, track_id, scores, top) VALUES (%s, %s, %s, %s)",
            [revision, tracks[title], [heard.get(tag, 0.0) for tag in FACTS.tags], list(heard)],
        )
    connection.execute(
        "INSERT INTO embedding_failures (revision_id, track_id, reason) VALUES (%s, %s, 'no memory')",
        [revision, tracks["Broken"]],
    )


def _segments(connection: psycopg.Connection, revision: int, tracks: dict[str, int]) -> dict[tuple[str, float], int]:
    """Prelude: (1, 0) to 15 s, then (0, 1). Fugue: (.8, .6), then (1, 0). Élégie: one of (.6, 0, .8)."""
    made = {}
    for title, start, head in (
        ("Prelude", 0.0, (1.0, 0.0)),
        ("Prelude", 15.0, (0.0, 1.0)),
        ("Fugue", 0.0, (0.8, 0.6)),
        ("Fugue", 15.0, (1.0, 0.0)),
        ("Élégie", 0.0, (0.6, 0.0, 0.8)),
    ):
        segment = _inserted(
            connection,
            "segments",
            track_id=tracks[title],
            source="segue",
            start_seconds=start,
            end_seconds=start + 15.0,
        )
        connection.execute(
            "INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding) VALUES (%s, %s, %s, %s)",
            [revision, segment, tracks[title], _vector(head)],
        )
        made[title, start] = segment
    return made


def _performers(connection: psycopg.Connection, tracks: dict[str, int]) -> None:
    ana = _inserted(connection, "performers", name="Ana Lima")
    quartet = _inserted(connection, "performers", name="Quatuor Ébène")
    for title, performer, role, instrument, position in (
        ("Prelude", ana, "soloist", "piano", 0),
        ("Prelude", quartet, "", None, 1),
        ("Élégie", quartet, "", None, 0),
    ):
        connection.execute(
            "INSERT INTO track_performers (track_id, performer_id, role, instrument, position)"
            " VALUES (%s, %s, %s, %s, %s)",
            [tracks[title], performer, role, instrument, position],
        )


def _jobs(connection: psycopg.Connection) -> None:
    """Three jobs, the last one newest; the second is finished."""
    for number, (job, status) in enumerate(zip(JOB_IDS, ("FAILED", "SUCCEEDED", "RUNNING"), strict=True)):
        connection.execute(
            "INSERT INTO jobs (id, kind, status, arguments, total, done, failed, device, error, created_at, started_at,"
            " heartbeat_at) VALUES (%s, 'embed', %s, '{}', 8, %s, 1, 'cpu', %s, %s, %s, %s)",
            [
                job,
                status,
                number * 3,
                "out of disk" if status == "FAILED" else None,
                f"2024-05-0{number + 1} 12:00:00+00",
                f"2024-05-0{number + 1} 12:00:01+00",
                f"2024-05-0{number + 1} 12:00:09+00",
            ],
        )
