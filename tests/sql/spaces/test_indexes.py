"""The approximate index of a revision: built at the threshold, valid, once."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.spaces import BACKENDS
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.indexes import MEMORY, IndexingInterrupted, index_when_large, lacks_index
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


def test_while_one_builds_another_waits_and_finds_it_built(engine: Engine, revision_id: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        with engine.connect() as builder:
            builder.execute(text("SELECT pg_advisory_lock(hashtext('segue-index'), :r)"), {"r": revision_id})
            waiting = pool.submit(index_when_large, engine, revision_id, 2, 3)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.7)
            assert indexes(engine) == {}
            builder.execute(text("SELECT pg_advisory_unlock(hashtext('segue-index'), :r)"), {"r": revision_id})
        assert waiting.result(timeout=20) is True


def test_who_waits_may_give_up(engine: Engine, revision_id: int) -> None:
    with engine.connect() as builder:
        builder.execute(text("SELECT pg_advisory_lock(hashtext('segue-index'), :r)"), {"r": revision_id})
        with pytest.raises(IndexingInterrupted):
            index_when_large(engine, revision_id, 2, threshold=3, interrupted=lambda: True)
        builder.execute(text("SELECT pg_advisory_unlock(hashtext('segue-index'), :r)"), {"r": revision_id})


def test_building_is_called_off_in_the_middle_and_done_later(engine: Engine, revision_id: int) -> None:
    name = f"track_embeddings_r{revision_id}"
    with engine.connect() as writer:
        # A build waits for those who write when it begins.
        writer.execute(text(f"DELETE FROM {name} WHERE track_id = 0"))
        with pytest.raises(IndexingInterrupted):
            index_when_large(engine, revision_id, 2, threshold=3, interrupted=lambda: bool(indexes(engine)))
        assert indexes(engine)[f"{name}_hnsw"] is False
        writer.rollback()
    assert index_when_large(engine, revision_id, 2, threshold=3) is True
    assert indexes(engine)[f"{name}_hnsw"] is True


def test_whether_an_index_is_lacking(engine: Engine, revision_id: int) -> None:
    with engine.connect() as connection:
        assert not lacks_index(connection, revision_id, 2, threshold=7)
        assert lacks_index(connection, revision_id, 2, threshold=6)  # three tracks, and six segments
        assert not lacks_index(connection, revision_id + 1, 2, threshold=1)  # it was dropped
    index_when_large(engine, revision_id, 2, threshold=3)
    with engine.connect() as connection:
        assert not lacks_index(connection, revision_id, 2, threshold=3)


@pytest.mark.parametrize(("dimension", "indexed"), [(2_000, "vector_cosine_ops"), (2_001, "bit_hamming_ops")])
def test_longer_vectors_are_indexed_by_the_signs_of_their_numbers(engine: Engine, dimension: int, indexed: str) -> None:
    facts = dataclasses.replace(FACTS, dimension=dimension)
    with engine.begin() as connection:
        revision_id = open_revision(connection, facts).revision_id
        vector = np.full(dimension, dimension**-0.5, np.float32)
        save_track_embedding(connection, revision_id, add_track(connection, "Long"), vector=vector, segments=[])
    assert index_when_large(engine, revision_id, dimension, threshold=1) is True
    with engine.connect() as connection:
        made = connection.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%hnsw%'"))
    assert indexed in str(made)
    assert indexes(engine) == {f"track_embeddings_r{revision_id}_hnsw": True}


@pytest.mark.parametrize(
    ("graph_mb", "used"),
    [
        (23, "64MB"),  # 20,000 vectors of 200 numbers: what the server was told to give is enough
        (200, "200MB"),
        (5_000, "512MB"),
    ],
)
def test_an_index_takes_no_more_memory_than_its_graph(engine: Engine, graph_mb: int, used: str) -> None:
    """Workers that build together take all of it at once, also of a machine that has 1 GB in all."""
    with engine.connect() as connection:
        connection.execute(text("SET maintenance_work_mem = '64MB'"))
        connection.execute(MEMORY, {"graph": graph_mb * 1024**2})
        assert connection.scalar(text("SHOW maintenance_work_mem")) == used
