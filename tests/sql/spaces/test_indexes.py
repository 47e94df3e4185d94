"""The approximate index of a revision: built at the threshold, valid, once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.spaces import BACKENDS
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.indexes import index_when_large
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


@pytest.fixture
def revision_id(engine: Engine) -> int:
    """A revision of three tracks with two segments each."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        for angle in (0.1, 0.2, 0.3):
            unit = np.array([np.cos(angle), np.sin(angle)], np.float32)
            save_track_embedding(
                connection,
                revision_id,
                add_track(connection, f"Angle {angle}"),
                vector=unit,
                segments=[SegmentVector(0.0, 14.96, unit), SegmentVector(14.96, 20.0, unit)],
            )
    return revision_id


def indexes(engine: Engine) -> dict[str, bool]:
    """The HNSW indexes, and whether each is valid."""
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'hnsw'"
            )
        )
        return {str(name): bool(valid) for name, valid in found}


def is_indexed(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT indexed FROM space_revisions")))


def test_below_the_threshold_there_is_none(engine: Engine, revision_id: int) -> None:
    assert index_when_large(engine, revision_id, 2, threshold=7) is False
    assert indexes(engine) == {}
    assert is_indexed(engine) is False


def test_segments_reach_the_threshold_before_tracks(engine: Engine, revision_id: int) -> None:
    assert index_when_large(engine, revision_id, 2, threshold=6) is False
    assert indexes(engine) == {f"segment_embeddings_r{revision_id}_hnsw": True}
    assert is_indexed(engine) is False


def test_at_the_threshold_it_is_built_and_building_again_leaves_it(engine: Engine, revision_id: int) -> None:
    built = {f"segment_embeddings_r{revision_id}_hnsw": True, f"track_embeddings_r{revision_id}_hnsw": True}
    for _ in range(2):
        assert index_when_large(engine, revision_id, 2, threshold=3) is True
        assert indexes(engine) == built
        assert is_indexed(engine) is True


def test_an_index_whose_building_was_killed_is_built_anew(engine: Engine, revision_id: int) -> None:
    index_when_large(engine, revision_id, 2, threshold=3)
    name = f"track_embeddings_r{revision_id}_hnsw"
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass"))
    assert indexes(engine)[name] is False
    assert index_when_large(engine, revision_id, 2, threshold=3) is True
    assert indexes(engine)[name] is True


def test_while_one_builds_another_returns_at_once(engine: Engine, revision_id: int) -> None:
    with engine.connect() as builder:
        builder.execute(text("SELECT pg_advisory_lock(hashtext('segue-index'), :r)"), {"r": revision_id})
        assert index_when_large(engine, revision_id, 2, threshold=3) is False
        assert indexes(engine) == {}
        builder.execute(text("SELECT pg_advisory_unlock(hashtext('segue-index'), :r)"), {"r": revision_id})


def test_vectors_too_long_for_the_index_are_left_to_exact_search(engine: Engine, revision_id: int) -> None:
    assert index_when_large(engine, revision_id, 2_001, threshold=1) is False
    assert indexes(engine) == {}
