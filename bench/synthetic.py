"""An archive of any size with made-up tracks and vectors, written straight into a database.

The vectors are made the way embeddings look: a few dozen latent causes, mixed, rectified, with noise of their own.
(Points spread evenly over a 200-dimensional sphere have no near neighbours, and no index finds them.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import Vector

from domain.spaces import backend_facts
from domain.tags import MTT_TAGS
from sql.engine import make_engine
from sql.spaces.indexes import index_when_large
from sql.spaces.partitions import make_partitions

LATENT = 32
CHUNK = 200_000
TRACKS_AN_ALBUM = 10
TRACKS_A_COMPOSER = 25


@dataclass(frozen=True)
class SyntheticArchive:
    """`track_ids` in order of the rows of `vectors`, shape (count, dimension), unit length."""

    revision_id: int
    track_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]


def vectors(count: int, dimension: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """`count` unit vectors, shape (count, dimension)."""
    mixing = rng.normal(size=(LATENT, dimension))
    made = np.empty((count, dimension), np.float32)
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        mixed = rng.normal(size=(size, LATENT)) @ mixing
        noisy = np.maximum(mixed, 0) + 0.5 * rng.normal(size=(size, dimension))
        made[start : start + size] = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    return made


def fill(
    database_url: str,
    count: int,
    *,
    space: str = "musicnn-mtt",
    dimension: int | None = None,
    seed: int = 7,
    index_from: int = 20_000,
    searchable: bool = True,
) -> SyntheticArchive:
    """Write `count` tracks into an empty, migrated database, ten on an album, twenty-five of a composer, each with a
    vector (of the space's own length, or `dimension`) and tags, and index the space when `count` reaches
    `index_from`. It takes less time where it need not be `searchable` by words."""
    rng = np.random.default_rng(seed)
    facts = backend_facts(space)
    facts = replace(facts, dimension=dimension or facts.dimension)
    made = vectors(count, facts.dimension, rng)
    with psycopg.connect(database_url) as connection:
        if not searchable:
            connection.execute("SET session_replication_role = replica")  # no trigger acts
        albums = _numbered(
            connection,
            "albums (folder, title, sort_key)",
            -(-count // TRACKS_AN_ALBUM),
            "'/synthetic', 'Album ' || n, 'album ' || n",
        )
        composers = _numbered(
            connection,
            "composers (name, sort_key)",
            -(-count // TRACKS_A_COMPOSER),
            "'Composer ' || n, 'composer ' || n",
        )
        revision_id = _revision(connection, space, facts.dimension, facts.revision)
        track_ids = np.array(_tracks(connection, count, albums, composers, rng))
    engine = make_engine(database_url)
    with engine.begin() as connection_:
        make_partitions(connection_, revision_id, facts.dimension)
    with psycopg.connect(database_url) as connection:
        _copy(
            connection,
            "track_embeddings (revision_id, track_id, embedding)",
            ((revision_id, int(t), Vector(v).to_text()) for t, v in zip(track_ids, made, strict=True)),
        )
        tags = [sorted(rng.choice(MTT_TAGS, size=3, replace=False).tolist()) for _ in range(count)]
        scores = [0.0] * len(MTT_TAGS)
        _copy(
            connection,
            "track_tags (revision_id, track_id, scores, top)",
            ((revision_id, int(t), scores, top) for t, top in zip(track_ids, tags, strict=True)),
        )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    index_when_large(engine, revision_id, facts.dimension, index_from)
    engine.dispose()
    return SyntheticArchive(revision_id, track_ids, made)


def _numbered(connection: psycopg.Connection, target: str, count: int, values: str) -> list[int]:
    rows = connection.execute(f"INSERT INTO {target} SELECT {values} FROM generate_series(1, {count}) n RETURNING id")
    return [row[0] for row in rows]


def _revision(connection: psycopg.Connection, space: str, dimension: int, revision: str) -> int:
    row = connection.execute(
        "INSERT INTO spaces (name, backend, dimension, metric) VALUES (%s, %s, %s, 'cosine') RETURNING id",
        (space, space, dimension),
    ).fetchone()
    assert row
    made = connection.execute(
        "INSERT INTO space_revisions (space_id, revision, state, indexed) VALUES (%s, %s, 'READY', false) RETURNING id",
        (row[0], revision),
    ).fetchone()
    assert made
    connection.execute("UPDATE spaces SET active_revision_id = %s WHERE id = %s", (made[0], row[0]))
    return int(made[0])


def _tracks(
    connection: psycopg.Connection, count: int, albums: list[int], composers: list[int], rng: np.random.Generator
) -> list[int]:
    durations = rng.uniform(47, 39 * 60, size=count)
    composer_of = rng.permutation(count) // TRACKS_A_COMPOSER
    columns = (
        "content_hash, album_id, composer_id, title, sort_key, position, duration_seconds, "
        "codec, sample_rate, channels, truncated, silent"
    )
    with connection.cursor() as cursor, cursor.copy(f"COPY tracks ({columns}) FROM STDIN") as copy:
        for n in range(count):
            copy.write_row(
                (
                    f"synthetic-{n:064d}",
                    albums[n // TRACKS_AN_ALBUM],
                    composers[int(composer_of[n])],
                    f"Piece No. {n + 1}",
                    f"piece no {n + 1:06d}",
                    n % TRACKS_AN_ALBUM + 1,
                    round(float(durations[n]), 3),
                    "aac",
                    44_100,
                    2,
                    False,
                    False,
                )
            )
    return [row[0] for row in connection.execute("SELECT id FROM tracks ORDER BY content_hash")]


def _copy(connection: psycopg.Connection, table: str, rows: object) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:  # type: ignore[attr-defined]  # any iterable of tuples
            copy.write_row(row)
