"""One job: found by the beginning of its id, looked into, taken up again."""

from __future__ import annotations

import dataclasses
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, text

from domain.errors.asking import JobNotFound, JobNotResumable, UnknownName
from domain.spaces import BACKENDS
from sql.queue.job_care import ListedItem, Retried, Target, find_job_id, list_items, retry_job, target_of_job
from sql.queue.job_items import claim_item, fail_item, finish_item
from sql.queue.job_rows import begin_job, cancel_job, end_job, fail_job, request_embed_job
from sql.spaces.reembed_rows import request_rehearing_job
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, FACTS).revision_id


@pytest.fixture
def job_id(engine: Engine, revision_id: int) -> UUID:
    """A job of three tracks: the first is done, the second failed, the third waits."""
    with engine.begin() as connection:
        for title in ("First", "Second", "Third"):
            add_track(connection, title, f"/music/{title}.flac")
        job = request_embed_job(connection, FACTS.name, revision_id)
        begin_job(connection, job.id)
        first = claim_item(connection, job.id, "here:1/1", "cpu").item
        assert first is not None
        finish_item(connection, first, 0.25)
        second = claim_item(connection, job.id, "here:1/1", "cpu").item
        assert second is not None
        fail_item(connection, second, "not audio", 0.125)
    return job.id


def row(connection: Connection, job_id: UUID) -> tuple[object, ...]:
    columns = "status, total, done, failed, error, finished_at"
    return tuple(connection.execute(text(f"SELECT {columns} FROM jobs WHERE id = :id"), {"id": job_id}).one())


def test_items_with_their_timing_and_reasons(engine: Engine, job_id: UUID) -> None:
    with engine.connect() as connection:
        first, second, third = list_items(connection, job_id)
        assert first == ListedItem(first.track_id, "First", "DONE", 1, None, 0.25, 8.0)
        assert second == ListedItem(second.track_id, "Second", "FAILED", 1, "not audio", 0.125, 8.0)
        assert third == ListedItem(third.track_id, "Third", "WAITING", 0, None, None, 8.0)
        assert list_items(connection, job_id, "FAILED") == [second]


def test_an_id_may_be_cut_short(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        assert find_job_id(connection, str(job_id)) == job_id
        assert find_job_id(connection, str(job_id)[:9].upper()) == job_id
        with pytest.raises(JobNotFound):
            find_job_id(connection, "x")
        connection.execute(
            text(
                "INSERT INTO jobs (id, kind, status, arguments, total, done, failed)"
                " VALUES (:id, 'embed', 'WAITING', '{}', 0, 0, 0)"
            ),
            {"id": str(job_id)[:-1] + ("0" if str(job_id)[-1] != "0" else "1")},
        )
        with pytest.raises(UnknownName, match="Several ids begin like it"):
            find_job_id(connection, str(job_id)[:8])


def test_what_a_job_was_asked_for(engine: Engine, revision_id: int, job_id: UUID) -> None:
    with engine.begin() as connection:
        assert target_of_job(connection, job_id) == Target("embed", "musicnn-mtt", None)
        cancel_job(connection, job_id)
        again = request_rehearing_job(connection, FACTS.name, revision_id, "composer=Bach", [])
        assert target_of_job(connection, again.id) == Target("reembed", "musicnn-mtt", "composer=Bach")
        with pytest.raises(JobNotFound):
            target_of_job(connection, uuid4())


@pytest.mark.parametrize("end", [cancel_job, lambda connection, id_: fail_job(connection, id_, "no weights")])
def test_a_job_that_ended_goes_on_with_what_failed_and_what_is_left(engine: Engine, job_id: UUID, end) -> None:
    with engine.begin() as connection:
        end(connection, job_id)
        assert retry_job(connection, job_id) == Retried("embed", failed=1, waiting=2, open=True)
        assert row(connection, job_id) == ("WAITING", 3, 1, 0, None, None)
        begin_job(connection, job_id)
        second = claim_item(connection, job_id, "here:1/1", "cpu").item
        assert second is not None
        assert (second.title, second.attempts) == ("Second", 1)


def test_a_job_that_runs_takes_its_failed_items_again(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        assert retry_job(connection, job_id) == Retried("embed", failed=1, waiting=2, open=True)
        assert row(connection, job_id)[:4] == ("RUNNING", 3, 1, 0)


def test_a_job_without_anything_left_stays_ended(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM job_items WHERE state <> 'DONE'"))
        assert end_job(connection, job_id) is True
        assert retry_job(connection, job_id) == Retried("embed", failed=0, waiting=0, open=False)
        assert row(connection, job_id)[:4] == ("SUCCEEDED", 1, 1, 0)


@pytest.mark.parametrize("end", [cancel_job, lambda connection, id_: fail_job(connection, id_, "the disk is full")])
def test_a_job_that_ended_after_its_last_item_goes_on_to_its_end(engine: Engine, job_id: UUID, end) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM job_items WHERE state <> 'DONE'"))
        end(connection, job_id)
        assert retry_job(connection, job_id) == Retried("embed", failed=0, waiting=0, open=True)
        assert row(connection, job_id) == ("WAITING", 1, 1, 0, None, None)


def test_two_jobs_never_work_on_the_same(engine: Engine, revision_id: int, job_id: UUID) -> None:
    with engine.begin() as connection:
        cancel_job(connection, job_id)
        other = request_embed_job(connection, FACTS.name, revision_id)
        with pytest.raises(JobNotResumable, match=f"job {other.id} works on the same"):
            retry_job(connection, job_id)


def test_a_job_whose_revision_is_gone_cannot_go_on(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE spaces SET active_revision_id = NULL"))
        connection.execute(text("DELETE FROM space_revisions"))
        with pytest.raises(JobNotResumable, match="was dropped"):
            retry_job(connection, job_id)


@pytest.mark.parametrize(("ended", "again"), [("FAILED", True), ("CANCELLED", True), ("SUCCEEDED", False)])
def test_a_job_without_items_is_taken_up_again_as_a_whole(engine: Engine, ended: str, again: bool) -> None:
    with engine.begin() as connection:
        id_ = connection.execute(
            text(
                "INSERT INTO jobs (kind, status, arguments, total, done, failed, error, finished_at)"
                " VALUES ('import', :status, '{\"attempts\": 5}', 0, 0, 0, 'no such folder', now()) RETURNING id"
            ),
            {"status": ended},
        ).scalar_one()
        assert retry_job(connection, id_) == Retried("import", failed=0, waiting=0, open=again)
        status, *_, error, finished_at = row(connection, id_)
        assert (status, error, finished_at is None) == (
            ("WAITING", None, True) if again else (ended, "no such folder", False)
        )
        # It has as many attempts as a new one.
        attempts = text("SELECT arguments ->> 'attempts' FROM jobs WHERE id = :id")
        assert connection.scalar(attempts, {"id": id_}) == (None if again else "5")


def test_a_job_that_is_not_there(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(JobNotFound):
        retry_job(connection, uuid4())
