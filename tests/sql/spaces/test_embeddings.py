"""What a backend heard, written whole, once, and again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from domain.spaces import BACKENDS
from sql.spaces.embeddings import SegmentVector, paths_of_track, save_failure, save_track_embedding
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

MTT = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
MSD = dataclasses.replace(BACKENDS["musicnn-msd"], dimension=3)
VOCABULARY = ("guitar", "slow", "strings", "piano")


def vector(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def segments(*vectors: np.ndarray) -> list[SegmentVector]:
    """Segments of 14.96 s one after the other, the last one half as long."""
    ends = [14.96 * (place + 1) for place in range(len(vectors) - 1)] + [14.96 * (len(vectors) - 0.5)]
    return [SegmentVector(14.96 * place, ends[place], v) for place, v in enumerate(vectors)]


def save(connection: Connection, revision_id: int, track_id: int) -> None:
    save_track_embedding(
        connection,
        revision_id,
        track_id,
        vector=vector(0.6, 0.8),
        segments=segments(vector(1, 0), vector(0, 1), vector(0.8, 0.6)),
        vocabulary=VOCABULARY,
        tag_scores=vector(0.05, 0.2, 0.7, 0.1),
    )


def rows(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(text(statement))]


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, MTT).revision_id


@pytest.fixture
def track_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return add_track(connection, "Prelude", "/music/prelude.flac")


def test_everything_heard_is_written(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save(connection, revision_id, track_id)
    with engine.connect() as connection:
        assert rows(connection, "SELECT revision_id, track_id, embedding::text FROM track_embeddings") == [
            (revision_id, track_id, "[0.6,0.8]")
        ]
        assert rows(
            connection,
            "SELECT s.track_id, s.source, start_seconds, end_seconds, label, embedding::text "
            "FROM segments s JOIN segment_embeddings e ON e.segment_id = s.id ORDER BY start_seconds",
        ) == [
            (track_id, "segue", 0.0, 14.96, None, "[1,0]"),
            (track_id, "segue", 14.96, 29.92, None, "[0,1]"),
            (track_id, "segue", 29.92, 37.4, None, "[0.8,0.6]"),  # 2 × 14.96, then half of one
        ]
        # 0.05 is too low to be shown; 0.1 just reaches.
        scores = [np.float32(score) for score in (0.05, 0.2, 0.7, 0.1)]
        [(stored, top)] = rows(connection, "SELECT scores, top FROM track_tags")
        assert np.array(stored, np.float32).tolist() == scores
        assert top == ["strings", "slow", "piano"]


def test_a_later_hearing_takes_the_place_of_the_earlier(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save(connection, revision_id, track_id)
        [(earlier,)] = rows(connection, "SELECT embedded_at FROM track_embeddings")
    with engine.begin() as connection:
        save_track_embedding(
            connection,
            revision_id,
            track_id,
            vector=vector(0, 1),
            segments=segments(vector(0, 1), vector(1, 0)),  # 14.96 s and half of it: the third is not there any more
            vocabulary=VOCABULARY,
            tag_scores=vector(0.9, 0, 0, 0),
        )
    with engine.connect() as connection:
        [(embedding, later)] = rows(connection, "SELECT embedding::text, embedded_at FROM track_embeddings")
        assert (embedding, later > earlier) == ("[0,1]", True)
        assert rows(
            connection,
            "SELECT start_seconds, end_seconds, embedding::text "
            "FROM segments s JOIN segment_embeddings e ON e.segment_id = s.id ORDER BY start_seconds",
        ) == [(0.0, 14.96, "[0,1]"), (14.96, 22.44, "[1,0]")]
        assert rows(connection, "SELECT top FROM track_tags") == [(["guitar"],)]


def test_saving_again_changes_nothing(engine: Engine, revision_id: int, track_id: int) -> None:
    counts = """
        SELECT (SELECT count(*) FROM track_embeddings), (SELECT count(*) FROM segments),
               (SELECT count(*) FROM segment_embeddings), (SELECT count(*) FROM track_tags)
    """
    for _ in range(2):
        with engine.begin() as connection:
            save(connection, revision_id, track_id)
            assert rows(connection, counts) == [(1, 3, 3, 1)]


def test_a_transaction_that_is_rolled_back_leaves_nothing(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.connect() as connection:
        save(connection, revision_id, track_id)
        connection.rollback()
        for table in ("track_embeddings", "segments", "segment_embeddings", "track_tags"):
            assert rows(connection, f"SELECT count(*) FROM {table}") == [(0,)]


def test_spaces_that_tile_alike_share_segments(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save(connection, revision_id, track_id)
        other = open_revision(connection, MSD).revision_id
        # A resampler that ends a fraction of a millisecond later makes no new segment.
        heard = segments(vector(1, 0, 0), vector(0, 1, 0), vector(0, 0, 1))
        heard[2] = dataclasses.replace(heard[2], end_seconds=heard[2].end_seconds + 0.0004)
        save_track_embedding(connection, other, track_id, vector=vector(0, 0, 1), segments=heard)
        assert rows(connection, "SELECT count(*) FROM segments") == [(3,)]
        assert rows(connection, "SELECT revision_id, count(*) FROM segment_embeddings GROUP BY 1 ORDER BY 1") == [
            (revision_id, 3),
            (other, 3),
        ]


def test_a_backend_without_tags_writes_none(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save_track_embedding(connection, revision_id, track_id, vector=vector(1, 0), segments=())
        assert rows(connection, "SELECT count(*) FROM track_tags") == [(0,)]


def test_success_removes_an_earlier_failure(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save_failure(connection, revision_id, track_id, "first reason")
        save_failure(connection, revision_id, track_id, "second reason")
        assert rows(connection, "SELECT revision_id, track_id, reason FROM embedding_failures") == [
            (revision_id, track_id, "second reason")
        ]
        save(connection, revision_id, track_id)
        assert rows(connection, "SELECT count(*) FROM embedding_failures") == [(0,)]


def test_no_failure_is_noted_of_what_is_in_or_gone(engine: Engine, revision_id: int, track_id: int) -> None:
    with engine.begin() as connection:
        save(connection, revision_id, track_id)
        save_failure(connection, revision_id, track_id, "came too late")
        save_failure(connection, revision_id, track_id + 1, "no such track")
        assert rows(connection, "SELECT count(*) FROM embedding_failures") == [(0,)]


def test_the_file_seen_last_comes_first(engine: Engine) -> None:
    with engine.begin() as connection:
        track_id = add_track(connection, "Fugue", "/old/fugue.flac", "/new/fugue.flac")
        connection.execute(text("UPDATE track_files SET seen_at = now() - interval '1 day' WHERE path LIKE '/old/%'"))
        assert paths_of_track(connection, track_id) == ["/new/fugue.flac", "/old/fugue.flac"]
        assert paths_of_track(connection, track_id + 1) == []
