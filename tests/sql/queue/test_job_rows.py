"""Jobs from being asked for to their end: items, counters, joining."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from domain.errors.asking import JobNotFound
from domain.jobs import JobStatus
from domain.spaces import BACKENDS
from sql.catalogue.waveform_rows import save_waveform
from sql.queue.import_jobs import is_something_missing
from sql.queue.job_items import claim_item, fail_item, finish_item
from sql.queue.job_rows import (
    RequestedJob,
    UnendedJob,
    begin_job,
    cancel_job,
    end_job,
    fail_job,
    load_embed_job,
    request_embed_job,
    unended_jobs,
)
from sql.spaces.embeddings import save_failure, save_track_embedding
from sql.spaces.patches import PatchVectors
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, FACTS).revision_id


def request(engine: Engine, revision_id: int, *, retry_failed: bool = True) -> RequestedJob:
    with engine.begin() as connection:
        return request_embed_job(connection, FACTS.name, revision_id, retry_failed=retry_failed)


def add_tracks(engine: Engine, *titles: str) -> list[int]:
    with engine.begin() as connection:
        return [add_track(connection, title, f"/music/{title}.flac") for title in titles]


def items(connection: Connection, job_id: UUID) -> list[tuple[int, str]]:
    found = connection.execute(
        text("SELECT track_id, state FROM job_items WHERE job_id = :id ORDER BY 1"), {"id": job_id}
    )
    return [tuple(row) for row in found]


def counters(connection: Connection, job_id: UUID) -> tuple[str, int, int, int]:
    row = connection.execute(text("SELECT status, total, done, failed FROM jobs WHERE id = :id"), {"id": job_id})
    return tuple(row.one())


def save_hearing(
    connection: Connection, revision_id: int, track_id: int, *, patches: bool = True, waveform: bool = True
) -> None:
    heard = PatchVectors(np.ones((1, 2), np.float16), 3.0, 3.0)
    save_track_embedding(
        connection,
        revision_id,
        track_id,
        vector=np.array([1, 0], np.float32),
        segments=(),
        patches=heard if patches else None,
    )
    if waveform:
        save_waveform(connection, track_id, np.zeros(4_000, np.uint16))


def test_what_was_embedded_without_patches_or_waveform_is_heard_again(engine: Engine, revision_id: int) -> None:
    whole, no_patches, no_waveform = add_tracks(engine, "Whole", "No patches", "No waveform")
    with engine.begin() as connection:
        save_hearing(connection, revision_id, whole)
        save_hearing(connection, revision_id, no_patches, patches=False)
        save_hearing(connection, revision_id, no_waveform, waveform=False)
    job = request(engine, revision_id)
    assert (job.added, request(engine, revision_id).added) == (2, 0)
    with engine.connect() as connection:
        assert items(connection, job.id) == [(no_patches, "WAITING"), (no_waveform, "WAITING")]


def test_a_job_has_an_item_for_each_embeddable_track_that_is_missing(engine: Engine, revision_id: int) -> None:
    there, missing, failed = add_tracks(engine, "There", "Missing", "Failed")
    with engine.begin() as connection:
        add_track(connection, "Silence", "/music/silence.flac", silent=True)
        add_track(connection, "Without file")
        save_hearing(connection, revision_id, there)
        save_failure(connection, revision_id, failed, "not audio")
    job = request(engine, revision_id)
    assert (job.joined, job.added, job.total) == (False, 2, 2)
    with engine.connect() as connection:
        assert items(connection, job.id) == [(missing, "WAITING"), (failed, "WAITING")]
        assert counters(connection, job.id) == ("WAITING", 2, 0, 0)
        loaded = load_embed_job(connection, job.id)
    assert loaded.status is JobStatus.WAITING
    assert (loaded.space, loaded.backend, loaded.revision_id, loaded.revision) == (
        "musicnn-mtt",
        "musicnn-mtt",
        revision_id,
        FACTS.revision,
    )


def test_of_one_file_only_its_track_is_looked_at(engine: Engine, revision_id: int) -> None:
    uploaded, _ = add_tracks(engine, "uploaded", "other")
    with engine.begin() as connection:
        assert is_something_missing(connection, FACTS.name, "/music/uploaded.flac")
        job = request_embed_job(connection, FACTS.name, revision_id, only_file="/music/uploaded.flac")
        assert (job.added, items(connection, job.id)) == (1, [(uploaded, "WAITING")])
        assert request_embed_job(connection, FACTS.name, revision_id, only_file="/music/nowhere.flac").added == 0
        save_hearing(connection, revision_id, uploaded)
        connection.execute(text("UPDATE spaces SET active_revision_id = :id"), {"id": revision_id})
        assert not is_something_missing(connection, FACTS.name, "/music/uploaded.flac")
        assert is_something_missing(connection, FACTS.name)  # the other


def test_tracks_that_failed_may_be_left_out(engine: Engine, revision_id: int) -> None:
    missing, failed = add_tracks(engine, "Missing", "Failed")
    with engine.begin() as connection:
        save_failure(connection, revision_id, failed, "not audio")
    job = request(engine, revision_id, retry_failed=False)
    with engine.connect() as connection:
        assert items(connection, job.id) == [(missing, "WAITING")]


def test_a_second_request_joins_the_job_and_adds_what_came_since(engine: Engine, revision_id: int) -> None:
    [first] = add_tracks(engine, "First")
    job = request(engine, revision_id)
    [second] = add_tracks(engine, "Second")
    assert request(engine, revision_id) == RequestedJob(job.id, joined=True, added=1, total=2)
    with engine.connect() as connection:
        assert items(connection, job.id) == [(first, "WAITING"), (second, "WAITING")]


def test_requests_at_once_get_one_job(engine: Engine, revision_id: int) -> None:
    add_tracks(engine, "First", "Second")
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda _: request(engine, revision_id), range(8)))
    assert len({job.id for job in jobs}) == 1
    assert sorted((job.joined, job.added, job.total) for job in jobs) == [(False, 2, 2)] + [(True, 0, 2)] * 7


@pytest.mark.parametrize("end", [cancel_job, lambda connection, id_: fail_job(connection, id_, "no weights")])
def test_a_job_that_has_ended_is_not_joined(engine: Engine, revision_id: int, end) -> None:
    add_tracks(engine, "First")
    job = request(engine, revision_id)
    with engine.begin() as connection:
        assert end(connection, job.id) is True
    assert request(engine, revision_id).id != job.id


def test_counters_follow_the_items_and_failed_items_let_the_job_succeed(engine: Engine, revision_id: int) -> None:
    add_tracks(engine, "First", "Second", "Third")
    job = request(engine, revision_id)
    with engine.begin() as connection:
        assert begin_job(connection, job.id) is True
        assert begin_job(connection, job.id) is False  # it runs already
    expected = [("RUNNING", 3, 1, 0), ("RUNNING", 3, 1, 1), ("RUNNING", 3, 2, 1)]
    for after in expected:
        with engine.begin() as connection:
            assert end_job(connection, job.id) is False  # something is left to do
            item = claim_item(connection, job.id, "here:1/1", "cpu").item
            assert item is not None
            if item.title == "Second":
                assert fail_item(connection, item, "it holds no audio", 0.5) is True
            else:
                assert finish_item(connection, item, 0.5) is True
            assert counters(connection, job.id) == after
    with engine.begin() as connection:
        assert end_job(connection, job.id) is True
        assert end_job(connection, job.id) is False  # it has ended
        assert counters(connection, job.id) == ("SUCCEEDED", 3, 2, 1)
        row = connection.execute(
            text("SELECT current, error, finished_at >= started_at FROM jobs WHERE id = :id"), {"id": job.id}
        )
        assert tuple(row.one()) == (None, None, True)


def test_counters_are_exact_when_lanes_finish_at_once(engine: Engine, revision_id: int) -> None:
    add_tracks(engine, *(f"Track {number}" for number in range(20)))
    job = request(engine, revision_id)
    with engine.begin() as connection:
        begin_job(connection, job.id)

    def lane(number: int) -> None:
        while True:
            with engine.begin() as connection:
                item = claim_item(connection, job.id, f"here:1/{number}", "cpu").item
            if item is None:
                return
            with engine.begin() as connection:
                assert finish_item(connection, item, 0.0) is True

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lane, range(4)))
    with engine.connect() as connection:
        assert counters(connection, job.id) == ("RUNNING", 20, 20, 0)
        attempts = connection.execute(text("SELECT min(attempts), max(attempts) FROM job_items")).one()
        assert tuple(attempts) == (1, 1)


def test_a_track_deleted_meanwhile_leaves_the_job(engine: Engine, revision_id: int) -> None:
    first, _ = add_tracks(engine, "First", "Second")
    job = request(engine, revision_id)
    with engine.begin() as connection:
        begin_job(connection, job.id)
        item = claim_item(connection, job.id, "here:1/1", "cpu").item
        assert item is not None
        connection.execute(text("DELETE FROM tracks WHERE id = :id"), {"id": first})
        assert finish_item(connection, item, 0.1) is False
        second = claim_item(connection, job.id, "here:1/1", "cpu").item
        assert second is not None
        assert finish_item(connection, second, 0.1) is True
        assert end_job(connection, job.id) is True
        assert counters(connection, job.id) == ("SUCCEEDED", 1, 1, 0)


def test_cancelling_ends_a_job_once(engine: Engine, revision_id: int) -> None:
    add_tracks(engine, "First")
    job = request(engine, revision_id)
    with engine.begin() as connection:
        assert cancel_job(connection, job.id) is True
        assert cancel_job(connection, job.id) is False
        assert counters(connection, job.id) == ("CANCELLED", 1, 0, 0)
        unknown = uuid4()
        with pytest.raises(JobNotFound, match=str(unknown)):
            cancel_job(connection, unknown)


def test_unended_jobs_are_those_that_wait_or_run(engine: Engine, revision_id: int) -> None:
    add_tracks(engine, "First", "Second")
    job = request(engine, revision_id)
    with engine.begin() as connection:
        assert unended_jobs(connection, ["embed"], 10) == [UnendedJob(job.id, "embed", 2)]
        assert unended_jobs(connection, ["train"], 10) == []
        begin_job(connection, job.id)
        item = claim_item(connection, job.id, "here:1/1", "cpu").item
        assert item is not None
        finish_item(connection, item, 0.1)
        assert unended_jobs(connection, ["embed"], 10) == [UnendedJob(job.id, "embed", 1)]
        cancel_job(connection, job.id)
        assert unended_jobs(connection, ["embed"], 10) == []


def test_a_job_of_another_kind_or_none_cannot_be_loaded(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(JobNotFound):
        load_embed_job(connection, uuid4())
