"""The job of an import: in one pair of hands, left when it is cancelled, given back, found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.jobs import JobStatus
from jobs import import_job
from jobs.hearing.limits import Limits
from jobs.importing import importer
from jobs.importing.covers import Covers
from jobs.importing.report import ImportProgress, ImportReport
from jobs.importing.walk import Walk
from jobs.presence import Presence
from jobs.queue import IMPORT_FILES
from jobs.sweeper import sweep
from jobs.whole_job import MAX_ATTEMPTS
from sql.queue.job_rows import cancel_job
from sql.queue.lanes import open_lane, take_lane
from sql.queue.workers import forget_worker
from tests.jobs.ingest.archive import Archive, outcome, record

pytestmark = pytest.mark.anyio


async def test_a_cancelled_import_does_nothing(archive: Archive, tmp_path: Path) -> None:
    record(tmp_path / "music" / "a.flac")
    asked = await archive.ingest.import_path(tmp_path / "music")
    assert (await archive.writes.cancel(asked.id)).status is JobStatus.CANCELLED
    assert (await archive.run(asked)).status is JobStatus.CANCELLED
    assert archive.count("tracks") == 0


async def test_a_worker_that_stops_gives_its_import_back(archive: Archive, tmp_path: Path) -> None:
    record(tmp_path / "music" / "a.flac")
    asked = await archive.ingest.import_path(tmp_path / "music")
    archive.stopping.set()
    assert (await archive.run(asked)).status is JobStatus.WAITING
    assert archive.rows("SELECT arguments ->> 'attempts' FROM jobs") == [("0",)]
    archive.stopping.clear()
    [(lane,)] = archive.rows("SELECT id FROM lanes")  # it goes on, for another worker
    assert archive.rows("SELECT message -> 'args' ->> 1 FROM dramatiq.queue ORDER BY position DESC LIMIT 1") == [
        (str(lane),)
    ]
    assert outcome(await archive.run(asked, lane)) == (JobStatus.SUCCEEDED, 1, 1, 0, None)


async def test_an_import_that_kills_its_workers_is_given_up(archive: Archive, tmp_path: Path) -> None:
    asked = await archive.ingest.import_path(tmp_path)
    with archive.engine.begin() as connection:
        connection.execute(
            text("UPDATE jobs SET arguments = arguments || jsonb_build_object('attempts', CAST(:killed AS int))"),
            {"killed": MAX_ATTEMPTS},
        )
    job = await archive.run(asked)
    assert (job.status, job.error) == (JobStatus.FAILED, "it was tried 5 times, and never ended")


async def test_only_one_worker_runs_an_import(archive: Archive, tmp_path: Path) -> None:
    record(tmp_path / "music" / "a.flac")
    asked = await archive.ingest.import_path(tmp_path / "music")
    with archive.engine.begin() as connection:
        elsewhere = open_lane(connection, asked.id)
        assert take_lane(connection, elsewhere, "there:1")
        ours = open_lane(connection, asked.id)
    assert await archive.run(asked) == asked
    assert await archive.run(asked, ours) == asked
    assert archive.rows("SELECT id FROM lanes") == [(elsewhere,)]
    with archive.engine.begin() as connection:
        forget_worker(connection, "there:1")
    assert outcome(await archive.run(asked)) == (JobStatus.SUCCEEDED, 1, 1, 0, None)


Look = Callable[[ImportProgress], None]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Callable[[Look], None]:
    """Has something called whenever an import tells how far it is."""

    def watch(look: Look) -> None:
        def import_files(
            url: str, found: Walk, on_progress: Look, *, limits: Limits, covers: Covers | None = None
        ) -> ImportReport:
            def tell(progress: ImportProgress) -> None:
                look(progress)
                on_progress(progress)

            return importer.import_files(url, found, tell, limits=limits, covers=covers)

        monkeypatch.setattr(import_job, "import_files", import_files)

    return watch


async def test_an_import_in_hand_holds_its_lane(
    archive: Archive, tmp_path: Path, watch: Callable[[Look], None]
) -> None:
    for number in (1, 2):
        record(tmp_path / "music" / f"{number}.flac", 100.0 * number)
    asked = await archive.ingest.import_path(tmp_path / "music")
    assert sweep(archive.engine, archive.queue) == 1
    [(lane,)] = archive.rows("SELECT id FROM lanes")
    seen = []
    watch(lambda _: seen.append((archive.rows("SELECT id, process FROM lanes"), [h.id for h in archive.lanes.held])))
    assert outcome(await archive.run(asked, lane)) == (JobStatus.SUCCEEDED, 2, 2, 0, None)
    # Before each file, at the end, and before a cover is looked for in each.
    assert seen == [([(lane, "here:1")], [lane])] * 5
    assert archive.rows("SELECT l.id FROM lanes l JOIN jobs j ON j.id = l.job_id WHERE j.kind = 'import'") == []


async def test_a_cancelled_import_is_left_before_the_next_file(
    archive: Archive, tmp_path: Path, watch: Callable[[Look], None]
) -> None:
    for number in (1, 2, 3):
        record(tmp_path / "music" / f"{number}.flac", 100.0 * number)
    asked = await archive.ingest.import_path(tmp_path / "music")
    heartbeat = Presence(archive.lanes, 1)
    seen = []

    def look(progress: ImportProgress) -> None:
        seen.append(progress.done)
        if progress.done == 1:
            with archive.engine.begin() as connection:
                cancel_job(connection, asked.id)
            heartbeat.rest(None)

    watch(look)
    assert (await archive.run(asked)).status is JobStatus.CANCELLED
    assert seen == [0, 1]
    assert archive.rows("SELECT kind FROM jobs") == [("import",)]
    assert archive.count("lanes") == 0


async def test_an_import_whose_message_was_lost_is_sent_again(archive: Archive, tmp_path: Path) -> None:
    asked = await archive.ingest.import_path(tmp_path)
    with archive.engine.begin() as connection:
        connection.execute(text("DELETE FROM dramatiq.queue"))
    assert sweep(archive.engine, archive.queue) == 1
    assert archive.messages() == [(IMPORT_FILES, str(asked.id))]
    assert sweep(archive.engine, archive.queue) == 0
