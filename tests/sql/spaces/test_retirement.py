"""Retired revisions: restored, or dropped with everything that was theirs."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from domain.errors.asking import NoEarlierRevision, SpaceNotFound
from domain.jobs import JobStatus
from domain.spaces import BACKENDS
from sql.queue.job_rows import load_embed_job, request_embed_job
from sql.spaces.embeddings import SegmentVector, save_failure, save_track_embedding
from sql.spaces.reembed_rows import request_filling_job
from sql.spaces.retirement import DroppableRevision, drop_revision, droppable_revisions, restore, seconds_since_swap
from sql.spaces.revisions import find_active, open_revision
from sql.spaces.successors import open_successor, take_over
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
NAME = FACTS.name


def save(connection: Connection, revision_id: int, track_id: int, segment_seconds: float) -> None:
    """A track of 8 s in segments of this length."""
    starts = np.arange(0.0, 8.0, segment_seconds).tolist()
    unit = np.array((1, 0), np.float32)
    segments = [SegmentVector(start, min(start + segment_seconds, 8.0), unit) for start in starts]
    save_track_embedding(
        connection,
        revision_id,
        track_id,
        vector=unit,
        segments=segments,
        vocabulary=("slow", "loud"),
        tag_scores=np.array((0.5, 0.2), np.float32),
    )


@pytest.fixture
def two(engine: Engine) -> tuple[int, int]:
    """A retired revision with segments of 4 s, and the active one with segments of 3 s; both hold one track."""
    with engine.begin() as connection:
        retired = open_revision(connection, FACTS).revision_id
        track_id = add_track(connection, "Prelude", "/music/prelude.flac")
        save(connection, retired, track_id, 4.0)
    with engine.begin() as connection:
        active = open_successor(connection, FACTS).revision_id
        save(connection, active, track_id, 3.0)
        take_over(connection, active)
    return retired, active


def active_id(connection: Connection) -> int:
    found = find_active(connection, NAME)
    assert found is not None
    return found.revision_id


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def droppable(engine: Engine, name: str | None = None) -> list[DroppableRevision]:
    with engine.connect() as connection:
        return droppable_revisions(connection, name)


def test_restoring_swaps_back_and_forth(engine: Engine, two: tuple[int, int]) -> None:
    former, latter = two
    for expected in (former, latter, former):
        with engine.begin() as connection:
            assert restore(connection, NAME) == (expected, FACTS.revision)
            assert active_id(connection) == expected
            states = connection.execute(text("SELECT id, state FROM space_revisions"))
            assert {row.id: row.state for row in states} == {
                revision_id: "READY" if revision_id == expected else "RETIRED" for revision_id in two
            }


def test_of_several_the_one_that_was_active_last_is_restored(engine: Engine, two: tuple[int, int]) -> None:
    with engine.begin() as connection:
        third = open_successor(connection, FACTS).revision_id
        save(connection, third, connection.execute(text("SELECT id FROM tracks")).scalar_one(), 3.0)
        take_over(connection, third)
    with engine.begin() as connection:
        assert restore(connection, NAME).revision_id == two[1]


def test_without_an_earlier_revision_nothing_is_restored(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(SpaceNotFound, match="There are: none yet"):
        restore(connection, NAME)
    with engine.begin() as connection:
        open_revision(connection, FACTS)
    with engine.begin() as connection:
        open_successor(connection, FACTS)  # a filling is no earlier revision
        with pytest.raises(NoEarlierRevision):
            restore(connection, NAME)


def test_dropping_leaves_nothing_of_a_revision_and_everything_of_the_other(
    engine: Engine, two: tuple[int, int]
) -> None:
    [revision] = droppable(engine)
    assert (revision.id, revision.space, revision.state, revision.tracks) == (two[0], NAME, "RETIRED", 1)
    with engine.begin() as connection:
        save_failure(connection, two[0], add_track(connection, "Broken", "/music/broken.flac"), "not audio")
        # Five segments: 2 of 4 s, 3 of 3 s (0 to 3, 3 to 6, 6 to 8); none of them alike.
        assert (count(connection, "segments"), count(connection, "segment_embeddings")) == (5, 5)
        sizes = [
            connection.execute(
                text("SELECT pg_total_relation_size(:name)"), {"name": f"{table}_r{two[0]}"}
            ).scalar_one()
            for table in ("track_embeddings", "segment_embeddings", "patch_embeddings")
        ]
        assert revision.size == sum(sizes)
        assert drop_revision(connection, revision) is True
    with engine.connect() as connection:
        assert list(connection.scalars(text("SELECT id FROM space_revisions"))) == [two[1]]
        assert count(connection, "track_embeddings") == count(connection, "track_tags") == 1
        assert count(connection, "segments") == count(connection, "segment_embeddings") == 3
        assert count(connection, "embedding_failures") == 0
        gone = connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"track_embeddings_r{two[0]}"})
        assert gone is None
        assert active_id(connection) == two[1]
    with engine.begin() as connection:
        assert drop_revision(connection, revision) is False  # again


def test_what_is_active_by_now_is_not_dropped(engine: Engine, two: tuple[int, int]) -> None:
    [revision] = droppable(engine)
    with engine.begin() as connection:
        restore(connection, NAME)
    with engine.begin() as connection:
        assert drop_revision(connection, revision) is False
        assert count(connection, "track_embeddings") == 2


def test_a_filling_may_be_dropped_unless_a_job_works_on_it(engine: Engine, two: tuple[int, int]) -> None:
    with engine.begin() as connection:
        filling = open_successor(connection, FACTS).revision_id
    assert [(r.id, r.state) for r in droppable(engine, NAME)] == [(two[0], "RETIRED"), (filling, "FILLING")]
    with engine.begin() as connection:
        request_filling_job(connection, NAME, filling)
    left_off = droppable(engine)
    assert [r.id for r in left_off] == [two[0]]


def test_a_leftover_job_of_a_dropped_revision_is_cancelled(engine: Engine, two: tuple[int, int]) -> None:
    with engine.begin() as connection:
        add_track(connection, "Fugue", "/music/fugue.flac")
        job = request_embed_job(connection, NAME, two[0])
    [revision] = droppable(engine)
    with engine.begin() as connection:
        assert drop_revision(connection, revision) is True
        assert load_embed_job(connection, job.id).status is JobStatus.CANCELLED


def test_only_spaces_that_exist_are_looked_through(engine: Engine, two: tuple[int, int]) -> None:
    with engine.connect() as connection, pytest.raises(SpaceNotFound, match="There are: musicnn-mtt"):
        droppable_revisions(connection, "nothing")


def test_it_does_not_wait_long_for_a_search(engine: Engine, two: tuple[int, int]) -> None:
    [revision] = droppable(engine)
    searching, done = threading.Event(), threading.Event()

    def search() -> None:
        with engine.begin() as connection:
            count(connection, "track_embeddings")
            searching.set()
            done.wait(20)

    thread = threading.Thread(target=search)
    thread.start()
    searching.wait(20)
    try:
        with pytest.raises(OperationalError, match="lock timeout"), engine.begin() as connection:
            drop_revision(connection, revision)
    finally:
        done.set()
        thread.join()
    with engine.begin() as connection:
        assert drop_revision(connection, revision) is True


def test_the_age_of_a_swap(engine: Engine, two: tuple[int, int]) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE space_revisions SET activated_at = now() - interval '90 seconds' WHERE id = :id"),
            {"id": two[1]},
        )
        assert seconds_since_swap(connection, NAME) == 90.0
        assert seconds_since_swap(connection, "nothing") is None
