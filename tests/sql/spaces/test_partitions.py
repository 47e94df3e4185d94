"""The partitions of a revision: made once, checked for dimension, dropped whole."""

from __future__ import annotations

import dataclasses

import numpy as np
from sqlalchemy import Connection, Engine, text

from domain.spaces import BACKENDS
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.partitions import drop_partitions, make_partitions
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


def partitions(connection: Connection) -> list[tuple[str, str]]:
    """Each partition with what it holds, as PostgreSQL prints it."""
    found = connection.execute(
        text(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) "
            "FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'r' ORDER BY 1"
        )
    )
    return [(name, bound) for name, bound in found]


def checks(connection: Connection) -> list[str]:
    return list(
        connection.scalars(
            text(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conname LIKE '%\\_dimension' ORDER BY conname"
            )
        )
    )


def test_a_revision_has_a_partition_for_tracks_for_segments_and_for_patches(engine: Engine) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        assert partitions(connection) == [
            (f"patch_embeddings_r{revision_id}", f"FOR VALUES IN ('{revision_id}')"),
            (f"segment_embeddings_r{revision_id}", f"FOR VALUES IN ('{revision_id}')"),
            (f"track_embeddings_r{revision_id}", f"FOR VALUES IN ('{revision_id}')"),
        ]
        # Two bytes a number.
        assert checks(connection) == [
            "CHECK ((octet_length(vectors) = ((patches * 2) * 2)))",
            *["CHECK ((vector_dims(embedding) = 2))"] * 2,
        ]


def test_making_them_again_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        before = partitions(connection), checks(connection)
        make_partitions(connection, revision_id, 2)
        assert (partitions(connection), checks(connection)) == before


def test_dropping_them_takes_the_vectors_and_leaves_the_segments(engine: Engine) -> None:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        unit = np.array([1, 0], np.float32)
        track_id = add_track(connection, "Prelude")
        save_track_embedding(connection, revision_id, track_id, vector=unit, segments=[SegmentVector(0.0, 14.96, unit)])
        drop_partitions(connection, revision_id)
        drop_partitions(connection, revision_id)  # nothing left to drop
        assert partitions(connection) == []
        counts = "SELECT (SELECT count(*) FROM track_embeddings), (SELECT count(*) FROM segment_embeddings), count(*)"
        assert tuple(connection.execute(text(f"{counts} FROM segments")).one()) == (0, 0, 1)
