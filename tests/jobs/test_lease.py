"""Leases are kept while work goes on, and known to be lost."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine, text

from domain.spaces import backend_facts
from jobs.lease import Lease
from sql.queue.job_items import Item, claim_item
from sql.queue.job_rows import begin_job, cancel_job, request_embed_job
from sql.spaces.revisions import open_revision
from tests.jobs.conftest import Recordings


@pytest.fixture
def item(engine: Engine, recordings: Recordings) -> Item:
    with engine.begin() as connection:
        revision_id = open_revision(connection, backend_facts("musicnn-mtt")).revision_id
        job = request_embed_job(connection, "musicnn-mtt", revision_id)
        begin_job(connection, job.id)
        claimed = claim_item(connection, job.id, "here:1/1", "cpu").item
        assert claimed is not None
        return claimed


def seconds_left(engine: Engine) -> float:
    with engine.connect() as connection:
        left = text("SELECT extract(epoch FROM leased_until - now()) FROM job_items WHERE state = 'RUNNING'")
        return float(connection.execute(left).scalar_one())


def nearly_run_out(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE job_items SET leased_until = now() + interval '1 second' WHERE worker <> ''"))


def test_it_is_extended_until_the_block_is_left(engine: Engine, item: Item) -> None:
    with Lease(engine, item, beat_seconds=0.05) as lease:
        nearly_run_out(engine)
        time.sleep(0.5)
        assert seconds_left(engine) > 29
    time.sleep(0.1)
    nearly_run_out(engine)
    time.sleep(0.3)
    assert seconds_left(engine) < 1
    assert not lease.lost.is_set()


def test_it_is_lost_when_the_job_is_cancelled(engine: Engine, item: Item) -> None:
    with Lease(engine, item, beat_seconds=0.05) as lease:
        with engine.begin() as connection:
            cancel_job(connection, item.job_id)
        assert lease.lost.wait(5)


def test_it_is_lost_when_another_worker_took_the_item(engine: Engine, item: Item) -> None:
    with Lease(engine, item, beat_seconds=0.05) as lease:
        with engine.begin() as connection:
            connection.execute(text("UPDATE job_items SET worker = 'there:1/1' WHERE worker <> ''"))
        assert lease.lost.wait(5)


def test_a_database_that_is_away_for_a_moment_loses_nothing(engine: Engine, item: Item) -> None:
    with Lease(engine, item, beat_seconds=0.05) as lease:
        for _ in range(3):
            with engine.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                    )
                )
            time.sleep(0.1)
        nearly_run_out(engine)
        time.sleep(0.5)
        assert seconds_left(engine) > 29
        assert not lease.lost.is_set()
