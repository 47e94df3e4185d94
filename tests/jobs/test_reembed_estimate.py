"""Estimates: of what is really missing, at the rate that was really measured."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.asking import NothingToReembed, SpaceNotReady, SpaceOfOtherWeights
from domain.selections import Selection
from domain.spaces import backend_facts
from jobs.reembed_estimate import (
    DEFAULT_RATE,
    INDEX_OVERHEAD,
    PATCHES_OVERHEAD,
    PIECE_OVERHEAD,
    SEGMENT_OVERHEAD,
    TRACK_OVERHEAD,
    Estimate,
    estimate_reembedding,
    estimate_rehearing,
)
from sql.queue.job_items import claim_item, finish_item
from sql.queue.job_rows import begin_job, request_embed_job
from sql.spaces.embeddings import SegmentVector, save_failure, save_track_embedding
from sql.spaces.partitions import PARTITIONED
from sql.spaces.patches import PatchVectors
from sql.spaces.revisions import open_revision
from sql.spaces.successors import open_successor
from tests.sql.tracks import add_track

SPACE = "musicnn-mtt"
FACTS = backend_facts(SPACE)
MANY = 1_000_000
NUMBERS = 4 * 200


@pytest.fixture
def ids(engine: Engine) -> list[int]:
    """Two tracks: 8 s make 2 patches of 2.992 s and so one segment; 100 s make 33 and so 7 segments of up to five."""
    with engine.begin() as connection:
        open_revision(connection, FACTS)
        first = add_track(connection, "First", "/music/first.flac")
        second = add_track(connection, "Second", "/music/second.flac")
        connection.execute(text("UPDATE tracks SET duration_seconds = 100 WHERE id = :id"), {"id": second})
        add_track(connection, "Lost")
    return [first, second]


def vector_bytes(tracks: int, segments: int, patches: int) -> int:
    """With 50 tags of 4 bytes a track."""
    of_patches = tracks * PATCHES_OVERHEAD + round(PIECE_OVERHEAD * patches * NUMBERS / 2)
    return tracks * (NUMBERS + TRACK_OVERHEAD + 200) + segments * (NUMBERS + SEGMENT_OVERHEAD) + of_patches


def test_before_anything_was_measured(engine: Engine, ids: list[int]) -> None:
    with engine.connect() as connection:
        estimate = estimate_reembedding(connection, SPACE, MANY)
    assert estimate == Estimate(
        2, 0, 108.0, DEFAULT_RATE, measured=False, vector_bytes=vector_bytes(2, 8, 35), index_bytes=0
    )
    assert estimate.seconds(2) == 108.0 / 200.0


def test_the_rate_is_that_of_earlier_jobs(engine: Engine, ids: list[int]) -> None:
    with engine.begin() as connection:
        job = request_embed_job(connection, SPACE, open_revision(connection, FACTS).revision_id)
        begin_job(connection, job.id)
        for seconds in (0.5, 1.5):
            item = claim_item(connection, job.id, "here:1/1", "cpu").item
            assert item is not None
            finish_item(connection, item, seconds)
        estimate = estimate_reembedding(connection, SPACE, MANY)
        assert (estimate.rate, estimate.measured) == (108.0 / 2.0, True)


def test_what_is_in_the_filling_is_not_heard_again(engine: Engine, ids: list[int]) -> None:
    with engine.begin() as connection:
        successor = open_successor(connection, FACTS).revision_id
        vector = np.full(200, 200**-0.5, np.float32)
        save_track_embedding(connection, successor, ids[1], vector=vector, segments=())
        estimate = estimate_reembedding(connection, SPACE, MANY)
    assert (estimate.tracks, estimate.held, estimate.audio_seconds) == (1, 1, 8.0)
    assert estimate.vector_bytes == vector_bytes(1, 1, 2)


def test_an_index_is_counted_from_the_threshold_on(engine: Engine, ids: list[int]) -> None:
    element = NUMBERS + INDEX_OVERHEAD
    with engine.connect() as connection:
        sizes = [estimate_reembedding(connection, SPACE, threshold).index_bytes for threshold in (2, 3, 8, 9)]
    assert sizes == [(2 + 8) * element, 8 * element, 8 * element, 0]


def test_hearing_some_again_takes_no_disk(engine: Engine, ids: list[int]) -> None:
    with engine.begin() as connection:
        save_failure(connection, open_revision(connection, FACTS).revision_id, ids[1], "not audio")
        estimate = estimate_rehearing(connection, SPACE, Selection.parse("failed"))
        assert estimate == Estimate(1, 0, 100.0, DEFAULT_RATE, measured=False, vector_bytes=0, index_bytes=0)
        connection.execute(text("UPDATE space_revisions SET revision = 'older'"))
        with pytest.raises(SpaceOfOtherWeights, match="segue reembed --space musicnn-mtt"):
            estimate_rehearing(connection, SPACE, Selection.parse("failed"))


def test_without_a_space_or_a_recording(engine: Engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(SpaceNotReady):
            estimate_reembedding(connection, SPACE, MANY)
        with pytest.raises(SpaceNotReady):
            estimate_rehearing(connection, SPACE, Selection.parse("failed"))
        open_revision(connection, FACTS)
        with pytest.raises(NothingToReembed):
            estimate_reembedding(connection, SPACE, MANY)


def test_it_is_about_what_the_database_takes(engine: Engine) -> None:
    random = np.random.default_rng(3)
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        for number in range(150):
            track_id = add_track(connection, f"Track {number}", f"/music/{number}.flac")
            vectors = random.standard_normal((11, 200)).astype(np.float32)
            segments = [SegmentVector(place, place + 1.0, vector) for place, vector in enumerate(vectors[1:])]
            heard = PatchVectors(random.standard_normal((50, 200)).astype(np.float16), 2.992, 2.992)
            save_track_embedding(connection, revision_id, track_id, vector=vectors[0], segments=segments, patches=heard)
    with engine.connect() as connection:
        really = sum(
            connection.execute(
                text("SELECT pg_total_relation_size(:name)"), {"name": f"{table}_r{revision_id}"}
            ).scalar_one()
            for table in PARTITIONED
        )
    estimated = vector_bytes(150, 1_500, 7_500) - 150 * 200  # without tags
    assert estimated == pytest.approx(really, rel=0.15)
