"""A disk without room: of the worker, which copies recordings from the storage, and of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from domain.settings import Settings
from jobs.embed_job import request_embedding
from jobs.queue import JobQueue
from jobs.retry import retry
from jobs.storage.location import open_storage
from sql.embedded import ensure_running, is_running, stop
from sql.engine import make_engine
from sql.migrate import migrate
from tests.jobs.cli.command import segue as run
from tests.jobs.storage.conftest import BUCKET, ObjectServer
from tests.jobs.survival.archive import SPACE, Archive, make_archive, make_recordings
from tests.jobs.survival.orphans import orphans
from tests.jobs.survival.processes import segue, wait_until
from tests.jobs.survival.seen_job import SeenJob
from tests.jobs.survival.small_disk import SmallDisk, small_disk
from tests.soak import patient

pytestmark = [pytest.mark.slow, patient]

SEED = 53100
MANY = 1_000_000
# PostgreSQL's own files, twice: once more for what it writes meanwhile.
DATABASE_MEGABYTES = 200
REMEDY = "Make room there and try again; a job that stopped over it goes on with: segue jobs retry ID"


@pytest.fixture
def stored(
    database_url: str,
    tmp_path: Path,
    object_server: ObjectServer,
    aws_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Archive:
    """Three tracks whose recordings lie in S3."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", object_server.url)
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), object_server.service, strict=True):
        monkeypatch.setenv(name, value)
    archive = make_archive(database_url, make_recordings(tmp_path / "sent", [20.0, 30.0, 40.0], SEED))
    storage = open_storage(Settings(storage_url=f"s3://{BUCKET}/full"))
    with psycopg.connect(database_url) as connection:
        for track_id, path in archive.paths.items():
            storage.put(f"audio/{path.name}", path)
            place = f"s3://{BUCKET}/full/audio/{path.name}"
            connection.execute("UPDATE track_files SET path = %s WHERE track_id = %s", [place, track_id])
    return archive


def test_a_worker_without_room_for_copies_stops_the_job_and_blames_no_track(
    database_url: str, tmp_path: Path, stored: Archive
) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        settings: dict[str, str | Path] = {
            "data_dir": disk.folder / "data",
            "database_url": database_url,
            "storage_url": f"s3://{BUCKET}/full",
        }
        disk.fill()
        with segue("worker", "--processes=1", log=tmp_path / "worker.log", **settings) as working:
            job = requested(database_url)
            wait_until(lambda: job.ended, 30, "the job stops")
            status, total, done, failed, error = job.row
            assert (status, total, done, failed) == ("FAILED", 3, 0, 0)
            assert str(error).startswith(f"The disk is full: '{disk.folder}/data/scratch/")
            assert REMEDY in " ".join(str(error).split())
            assert (job.worn, job.held) == (0, 0)
            shown = run("jobs", "show", str(job.id), **settings).out
            assert f"Error      {' '.join(str(error).split())}" in shown
            assert failures(database_url) == 0

            disk.free()
            assert retried(database_url, job) == (0, 3)
            wait_until(lambda: job.ended, 30, "the job goes on")
            assert job.row == ("SUCCEEDED", 3, 3, 0, None)
            assert list((disk.folder / "data" / "scratch").iterdir()) == []
            workers = working.workers()
        assert len(workers) == 1
        assert '"traceback"' not in working.log.read_text()
    whole(database_url, stored)


@pytest.fixture
def database_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk with the data folder of a server of our own, migrated and running."""
    with small_disk(tmp_path / "disk", DATABASE_MEGABYTES) as disk:
        try:
            migrate(ensure_running(disk.folder / "data"))
            yield disk
        finally:
            stop(disk.folder / "data")


def test_a_database_without_room_stops_the_job_and_blames_no_track(database_disk: SmallDisk, tmp_path: Path) -> None:
    data_dir = database_disk.folder / "data"
    url = ensure_running(data_dir)
    archive = make_archive(url, make_recordings(tmp_path / "archive", [60.0, *[120.0] * 7], SEED))
    settings: dict[str, str | Path] = {"data_dir": tmp_path / "other", "database_url": url}
    with segue("worker", "--processes=1", log=tmp_path / "worker.log", **settings) as working:
        job = requested(url)
        wait_until(lambda: job.done > 0, 30, "a track is embedded")
        database_disk.fill()
        wait_until(lambda: job.ended, 60, "the job stops")
        status, total, done, failed, error = job.row
        assert (status, total, failed) == ("FAILED", 8, 0)
        assert 0 < int(str(done)) < 8
        full = f"The disk of the database at '{data_dir}/postgres' is full: "
        assert str(error).startswith(f"{full}could not extend file")
        assert REMEDY in " ".join(str(error).split())
        assert (job.worn, job.held) == (0, 0)
        assert failures(url) == 0

        # Whoever writes is told the same, and what could not be written is not half there.
        more = make_recordings(tmp_path / "more", [0.5] * 40, SEED + 1)
        refused = run("import", tmp_path / "more", **settings)
        assert refused.code == 1
        # It may be let in no more, or only not write.
        assert refused.err[-1].startswith(f"segue: {full}")

        database_disk.free()
        assert retried(url, job) == (0, 8 - int(str(done)))
        wait_until(lambda: job.done > int(str(done)), 60, "the job goes on")
        assert '"traceback"' not in working.log.read_text()

        # Without room for its write-ahead log PostgreSQL gives up, and does not come back before there is room.
        database_disk.fill()
        exhaust_log(url)
        wait_until(lambda: not is_running(data_dir), 30, "the server is gone")
        database_disk.free()
        assert ensure_running(data_dir) == url
        if job.ended:
            assert job.row[0] == "FAILED"  # it was told before the end
            retried(url, job)
        wait_until(lambda: job.ended, 90, "the job goes on again")
        assert job.row == ("SUCCEEDED", 8, 8, 0, None)
        assert len(working.workers()) == 1
    whole(url, archive)
    assert run("import", tmp_path / "more", **settings).code == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM track_files").fetchone() == (8 + len(more),)


def exhaust_log(url: str) -> None:
    """Have the server begin segment after segment of its log, until there is no room for another."""
    with psycopg.connect(url, autocommit=True) as connection, suppress(psycopg.OperationalError):
        while True:
            connection.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))")
            connection.execute("SELECT pg_switch_wal()")


def requested(url: str) -> SeenJob:
    """A job that embeds what is there."""
    engine, queue = make_engine(url), JobQueue.of(url)
    try:
        return SeenJob(url, request_embedding(engine, queue, SPACE, index_threshold=MANY).id)
    finally:
        queue.close()
        engine.dispose()


def retried(url: str, job: SeenJob) -> tuple[int, int]:
    """Take a job up again, as `segue jobs retry` does; returns how many items had failed, and how many wait."""
    engine, queue = make_engine(url), JobQueue.of(url)
    try:
        again = retry(engine, queue, job.id)
        return again.failed, again.waiting
    finally:
        queue.close()
        engine.dispose()


def failures(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM embedding_failures").fetchone()
    assert row is not None
    return int(row[0])


def whole(url: str, archive: Archive) -> None:
    """Nothing was corrupted, and all is there."""
    with psycopg.connect(url) as connection:
        assert orphans(connection) == {}
    assert archive.differences(url) == []
