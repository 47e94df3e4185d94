"""Every active space has its snapshot in the storage, and gets it again when it is missing or has changed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet
from sqlalchemy import Connection, Engine, text

from domain.settings import Settings
from domain.spaces import BACKENDS
from jobs.derivation import derive_joined, derive_track
from jobs.lanes import Lanes
from jobs.queue import STORE_SNAPSHOT, JobQueue
from jobs.snapshot_job import SnapshotJobs
from jobs.storage.keys import snapshot_key
from jobs.storage.location import open_storage
from jobs.sweeper import sweep
from sql.queue.job_rows import begin_job, end_job, request_embed_job
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.revisions import open_revision
from sql.spaces.snapshot_jobs import forget_snapshot, request_due_snapshots
from sql.spaces.successors import open_successor
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
SPACE = FACTS.name


class Archive:
    """A space with one track, and a worker that is called instead of waited for."""

    def __init__(self, engine: Engine, queue: JobQueue, database_url: str, data_dir: Path) -> None:
        self.engine = engine
        self.queue = queue
        self.storage = open_storage(Settings(data_dir=data_dir))
        lanes = Lanes(engine, queue, process="here", stopping=Event(), resting=Event())
        self.worker = SnapshotJobs(lanes, database_url=database_url, storage=self.storage)
        with engine.begin() as connection:
            self.revision_id = open_revision(connection, FACTS).revision_id

    def embed(self, title: str) -> None:
        """Import and embed a track, as a job does."""
        with self.engine.begin() as connection:
            track_id = add_track(connection, title, f"/music/{title}.flac")
            job_id = request_embed_job(connection, SPACE, self.revision_id).id
            begin_job(connection, job_id)
            save(connection, self.revision_id, track_id)
            derive_track(connection, self.revision_id, track_id)
            connection.execute(text("UPDATE job_items SET state = 'DONE' WHERE job_id = :id"), {"id": job_id})
            end_job(connection, job_id)

    def due(self, min_seconds: float = 0.0, verify_seconds: float = 1e9) -> int:
        with self.engine.begin() as connection:
            return request_due_snapshots(connection, min_seconds=min_seconds, verify_seconds=verify_seconds)

    def run(self) -> None:
        """All that was asked for."""
        for (job_id,) in self.rows("SELECT id FROM jobs WHERE kind = 'snapshot' AND status = 'WAITING'"):
            self.worker.store_snapshot(str(job_id))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
        with self.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def stored(self) -> dict[str, int]:
        """The rows of each snapshot."""
        return {
            stored.key: parquet.read_metadata(self.storage.local_path(stored.key)).num_rows
            for stored in self.storage.list("snapshots/")
        }


def save(connection: Connection, revision_id: int, track_id: int) -> None:
    save_track_embedding(connection, revision_id, track_id, vector=np.array((0.6, 0.8), np.float32), segments=())


@pytest.fixture
def archive(engine: Engine, queue: JobQueue, database_url: str, tmp_path: Path) -> Archive:
    archive = Archive(engine, queue, database_url, tmp_path)
    archive.embed("Prelude")
    return archive


def test_a_space_gets_its_first_snapshot_and_then_those_of_its_changes(archive: Archive) -> None:
    key = snapshot_key(SPACE, archive.revision_id)
    assert archive.due() == 1
    assert archive.due() == 0  # it is on its way
    archive.run()
    assert archive.stored() == {key: 1}
    assert archive.rows("SELECT status, total, done, failed FROM jobs WHERE kind = 'snapshot'") == [
        ("SUCCEEDED", 1, 1, 0)
    ]
    assert archive.due() == 0
    archive.embed("Fugue")
    assert archive.due(min_seconds=60) == 0  # the last one is not a minute old
    assert archive.due() == 1
    archive.run()
    assert archive.stored() == {key: 2}
    assert archive.due() == 0


def test_while_a_space_is_embedded_into_it_waits(archive: Archive) -> None:
    with archive.engine.begin() as connection:
        add_track(connection, "Fugue", "/music/fugue.flac")
        job_id = request_embed_job(connection, SPACE, archive.revision_id).id
    assert archive.due() == 0
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET status = 'CANCELLED' WHERE id = :id"), {"id": job_id})
    assert archive.due() == 1


def test_a_computed_space_has_one_that_follows_what_it_is_computed_from(archive: Archive) -> None:
    archive.embed("Fugue")
    computed = derive_joined(archive.engine, [SPACE, SPACE], "twice")
    further = derive_joined(archive.engine, ["twice", SPACE], "thrice")
    keys = {
        snapshot_key(SPACE, archive.revision_id),
        *(snapshot_key(d.name, d.revision_id) for d in (computed, further)),
    }
    assert archive.due() == 3
    archive.run()
    assert archive.stored() == dict.fromkeys(keys, 2)
    archive.embed("Gigue")
    assert archive.due() == 3
    archive.run()
    assert archive.stored() == dict.fromkeys(keys, 3)
    with archive.engine.begin() as connection:
        add_track(connection, "Sarabande", "/music/sarabande.flac")
        request_embed_job(connection, SPACE, archive.revision_id)
    assert archive.due(verify_seconds=0) == 0  # all three wait until it is embedded


def test_an_empty_space_has_none(engine: Engine, queue: JobQueue, database_url: str, tmp_path: Path) -> None:
    assert Archive(engine, queue, database_url, tmp_path).due() == 0


def test_a_revision_that_takes_over_has_one_of_its_own(archive: Archive) -> None:
    archive.due()
    with archive.engine.begin() as connection:
        newer = open_successor(connection, FACTS).revision_id
        save(connection, newer, 1)
        connection.execute(text("UPDATE spaces SET active_revision_id = :r"), {"r": newer})
    # Asked for before the swap: what it writes is still what its name says.
    archive.run()
    assert archive.due() == 1
    archive.run()
    assert archive.stored() == {snapshot_key(SPACE, archive.revision_id): 1, snapshot_key(SPACE, newer): 1}


def test_one_that_failed_is_tried_again_later(archive: Archive) -> None:
    archive.due()
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET status = 'FAILED' WHERE kind = 'snapshot'"))
    assert archive.due(min_seconds=60) == 0
    assert archive.due() == 1


def test_one_that_somebody_removed_is_found_missing_within_a_day(archive: Archive) -> None:
    archive.due()
    archive.run()
    [key] = archive.stored()
    before = archive.storage.stat(key).modified
    assert archive.due(verify_seconds=0) == 1
    archive.run()
    assert archive.storage.stat(key).modified == before  # it was there
    archive.storage.delete(key)
    assert archive.due(verify_seconds=0) == 1
    archive.run()
    assert archive.stored() == {key: 1}


def test_one_that_is_pruned_and_needed_after_all_is_written_again(archive: Archive) -> None:
    archive.due()
    archive.run()
    with archive.engine.begin() as connection:
        forget_snapshot(connection, archive.revision_id)
    assert archive.due(min_seconds=60) == 1


def test_sweeping_sees_to_it(archive: Archive) -> None:
    assert sweep(archive.engine, archive.queue) == 1
    assert archive.rows("SELECT message ->> 'actor_name' FROM dramatiq.queue") == [(STORE_SNAPSHOT,)]


def test_a_storage_that_cannot_be_written_is_the_jobs_error(
    archive: Archive, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    lanes = Lanes(archive.engine, archive.queue, process="here", stopping=Event(), resting=Event())
    storage = open_storage(Settings(data_dir=tmp_path, storage_url=str(tmp_path / "file")))
    archive.worker = SnapshotJobs(lanes, database_url=database_url, storage=storage)
    archive.due()
    archive.run()
    [(status, error)] = archive.rows("SELECT status, error FROM jobs WHERE kind = 'snapshot'")
    assert status == "FAILED"
    assert "cannot" in error
