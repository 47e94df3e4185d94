"""What arrives becomes a track, once, however often and in whatever order its arrival is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors.storage import UploadRefused
from domain.jobs import JobStatus
from domain.settings import Settings
from jobs.importing.walk import walk
from jobs.ingest import require_audio_name
from jobs.queue import IMPORT_FILES
from jobs.sweeper import sweep
from jobs.worker import WorkerPool
from sql.faults import place_of
from tests.jobs.full_table import fill_up
from tests.jobs.ingest.archive import KEY, Archive, outcome, record

pytestmark = pytest.mark.anyio


async def test_an_upload_becomes_a_track_that_waits_to_be_embedded(archive: Archive, tmp_path: Path) -> None:
    version = archive.store(record(tmp_path / "a.flac"))
    asked = await archive.ingest.object_arrived(KEY, version)
    assert (asked.kind, asked.status) == ("import", JobStatus.WAITING)
    assert archive.messages() == [(IMPORT_FILES, str(asked.id))]
    assert outcome(await archive.run(asked)) == (JobStatus.SUCCEEDED, 1, 1, 0, None)
    # Neither the folder's random name nor anything else of where it lies is shown.
    assert archive.rows("SELECT t.title, t.position, a.title FROM tracks t JOIN albums a ON a.id = t.album_id") == [
        ("Largo", 3, "Uploads")
    ]
    assert archive.rows("SELECT path FROM track_files") == [(archive.audio.place(KEY),)]
    [(kind, total)] = archive.rows("SELECT kind, total FROM jobs WHERE kind <> 'import'")
    assert (kind, total) == ("embed", 1)


async def test_uploads_that_name_their_album_are_on_it(archive: Archive, tmp_path: Path) -> None:
    for number, frequency in enumerate((300.0, 500.0)):
        key = f"audio/incoming/{number}/x.flac"
        version = archive.store(record(tmp_path / "x.flac", frequency, album="Quartets", title=f"No. {number}"), key)
        await archive.run(await archive.ingest.object_arrived(key, version))
    assert archive.rows("SELECT title FROM albums") == [("Quartets",)]
    assert archive.rows("SELECT title FROM tracks ORDER BY title") == [("No. 0",), ("No. 1",)]


async def test_an_arrival_told_again_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    version = archive.store(record(tmp_path / "a.flac"))
    first = await archive.ingest.object_arrived(KEY, version)
    again = await archive.ingest.object_arrived(KEY, version)
    assert again.id == first.id
    ended = await archive.run(first)
    before = archive.rows("SELECT * FROM track_files"), archive.messages(), archive.count("jobs")
    # The second message of the two, and the news once more, months later.
    assert await archive.run(again) == ended
    assert await archive.ingest.object_arrived(KEY, version) == ended
    assert (archive.rows("SELECT * FROM track_files"), archive.messages(), archive.count("jobs")) == before


async def test_arrivals_told_in_the_wrong_order_leave_the_newest(archive: Archive, tmp_path: Path) -> None:
    older = archive.store(record(tmp_path / "a.flac", 300.0))
    newer = archive.store(record(tmp_path / "b.flac", 500.0))
    for version in (newer, older, newer):
        job = await archive.run(await archive.ingest.object_arrived(KEY, version))
        assert outcome(job) == (JobStatus.SUCCEEDED, 1, 1, 0, None)
    assert archive.count("tracks") == archive.count("track_files") == 1
    assert archive.rows("SELECT file_hash FROM track_files") == [(newer,)]
    # Two imports, and one embedding: the late news found nothing to do.
    assert archive.rows("SELECT kind, count(*) FROM jobs GROUP BY kind ORDER BY kind") == [("embed", 1), ("import", 2)]


async def test_an_upload_is_followed_from_the_ticket_to_the_track(archive: Archive, tmp_path: Path) -> None:
    waiting = await archive.ingest.expect_object(KEY)
    assert (waiting.kind, waiting.status, waiting.total) == ("upload", JobStatus.WAITING, 1)
    assert await archive.ingest.expect_object(KEY) == waiting
    assert sweep(archive.engine, archive.queue) == 0  # there is nothing to do for it yet
    version = archive.store(record(tmp_path / "a.flac"))
    arrived = await archive.ingest.object_arrived(KEY, version)
    assert (arrived.id, arrived.kind, arrived.status) == (waiting.id, "import", JobStatus.WAITING)
    assert archive.messages() == [(IMPORT_FILES, str(waiting.id))]
    assert outcome(await archive.run(arrived)) == (JobStatus.SUCCEEDED, 1, 1, 0, None)
    # The ticket was used again, for something else.
    other = archive.store(record(tmp_path / "b.flac", 600.0))
    assert (await archive.ingest.object_arrived(KEY, other)).id != waiting.id
    assert (await archive.ingest.object_arrived(KEY, version)).id == waiting.id


async def test_what_never_arrives_has_failed_and_may_come_later_still(archive: Archive, tmp_path: Path) -> None:
    waiting = await archive.ingest.expect_object(KEY)
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET created_at = now() - interval '7 hours'"))
    await archive.ingest.expect_object("audio/incoming/other/x.flac")
    overdue = (await archive.jobs.jobs([waiting.id]))[waiting.id]
    assert (overdue.status, overdue.error) == (
        JobStatus.FAILED,
        "nothing arrived before the upload's address expired; ask for another one",
    )
    assert overdue.finished_at
    arrived = await archive.ingest.object_arrived(KEY, archive.store(record(tmp_path / "a.flac")))
    assert (arrived.id, arrived.status, arrived.error, arrived.finished_at) == (
        waiting.id,
        JobStatus.WAITING,
        None,
        None,
    )


async def test_an_upload_that_was_called_off_is_not_imported(archive: Archive, tmp_path: Path) -> None:
    waiting = await archive.ingest.expect_object(KEY)
    await archive.writes.cancel(waiting.id)
    arrived = await archive.ingest.object_arrived(KEY, archive.store(record(tmp_path / "a.flac")))
    assert (arrived.id, arrived.kind, arrived.status) == (waiting.id, "import", JobStatus.CANCELLED)
    assert archive.messages() == []
    assert (await archive.run(arrived)).status is JobStatus.CANCELLED
    assert archive.count("tracks") == 0


async def test_an_object_that_is_gone_again(archive: Archive, tmp_path: Path) -> None:
    version = archive.store(record(tmp_path / "a.flac"))
    archive.audio.storage.delete(KEY)
    job = await archive.run(await archive.ingest.object_arrived(KEY, version))
    assert outcome(job) == (JobStatus.FAILED, 1, 0, 1, f"There is no object '{KEY}' in the storage.")


async def test_a_database_without_room_is_named(archive: Archive, tmp_path: Path) -> None:
    asked = await archive.ingest.object_arrived(KEY, archive.store(record(tmp_path / "a.flac")))
    fill_up(archive.engine, "tracks")
    status, total, done, failed, error = outcome(await archive.run(asked))
    assert (status, total, done, failed) == (JobStatus.FAILED, 1, 0, 1)
    assert str(error).startswith(f"The disk of the database at '{place_of(str(archive.engine.url))}' is full: no room.")


async def test_an_upload_that_is_no_recording_is_refused_by_its_name(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(b"%PDF-1.7 and so on")
    version = archive.store(tmp_path / "a.flac")
    job = await archive.run(await archive.ingest.object_arrived(KEY, version))
    assert (job.status, job.total, job.done, job.failed) == (JobStatus.FAILED, 1, 0, 1)
    assert str(job.error).startswith("'03 - Largo.flac' is not a recording that can be decoded: ")
    assert archive.count("tracks") == 0
    assert archive.rows("SELECT kind FROM jobs") == [("import",)]


async def test_a_folder_is_imported_with_what_it_refuses(archive: Archive, tmp_path: Path) -> None:
    music = tmp_path / "music"
    record(music / "Sonatas" / "01 Allegro.flac", 300.0)
    record(music / "Sonatas" / "02 Adagio.flac", 400.0)
    (music / "broken.mp3").write_bytes(b"no music")
    asked = await archive.ingest.import_path(music)
    assert (await archive.ingest.import_path(music)).id == asked.id
    job = await archive.run(asked)
    assert (job.status, job.total, job.done, job.failed) == (JobStatus.SUCCEEDED, 3, 2, 1)
    assert str(job.error).startswith(f"'{music}/broken.mp3': ")
    assert archive.rows("SELECT title FROM tracks ORDER BY title") == [("Adagio",), ("Allegro",)]
    # What has ended is not joined: there may be something new.
    assert (await archive.ingest.import_path(music)).id != asked.id


async def test_a_folder_that_is_gone(archive: Archive, tmp_path: Path) -> None:
    job = await archive.run(await archive.ingest.import_path(tmp_path / "gone"))
    assert outcome(job) == (JobStatus.FAILED, 1, 0, 1, f"'{tmp_path}/gone': it is not there any more")


async def test_files_that_come_again_unchanged_are_the_same_job(archive: Archive, tmp_path: Path) -> None:
    record(tmp_path / "music" / "a.flac")
    first = await archive.ingest.files_arrived(walk(tmp_path / "music").files)
    assert (await archive.ingest.files_arrived(walk(tmp_path / "music").files)).id == first.id
    record(tmp_path / "music" / "a.flac", seconds=4.5)
    assert (await archive.ingest.files_arrived(walk(tmp_path / "music").files)).id != first.id


async def test_a_real_worker_makes_an_upload_recommendable(
    archive: Archive, settings: Settings, tmp_path: Path, wait: Callable[[Callable[[], bool]], None]
) -> None:
    version = archive.store(record(tmp_path / "a.flac", 440.0))
    await archive.ingest.object_arrived(KEY, version)
    assert settings.database_url
    with WorkerPool(settings, settings.database_url, processes=1):
        wait(lambda: archive.count("track_embeddings") == 1)
        wait(lambda: archive.rows("SELECT status FROM jobs") == [("SUCCEEDED",)] * 2)


@pytest.fixture
def wait() -> Callable[[Callable[[], bool]], None]:
    def until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.05)

    return until


@pytest.mark.parametrize("name", ["a.pdf", "music", "x.flac.exe", ""])
def test_what_its_name_says_is_no_recording_is_refused(name: str) -> None:
    with pytest.raises(UploadRefused, match="is no kind of recording"):
        require_audio_name(name)


def test_recordings_are_known_by_their_suffix() -> None:
    require_audio_name("Prélude.FLAC")
