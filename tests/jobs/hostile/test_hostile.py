"""A corpus of hostile files, imported and embedded: each accepted or refused with a reason, and nothing else harmed."""

from __future__ import annotations

import re
import time
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from sqlalchemy import Engine, text

from domain.paths import path_to_text
from domain.settings import Settings
from jobs.embed_job import request_embedding
from jobs.hearing.limits import Limits
from jobs.importing.importer import import_folder
from jobs.importing.report import ImportProgress
from jobs.queue import JobQueue
from jobs.worker import WorkerPool
from tests.jobs.hostile.corpus import make_corpus
from tests.soak import patient, scale

SEED = 20260
FILES = 320
MANY = 1_000_000
LIMITS = Limits(stall_seconds=20.0)
# What a process may hold: the loaded network, and what it may take beyond.
MAX_RESIDENT_BYTES = 700 * 2**20


class Peaks:
    """The largest resident size of our child processes that decode, as the system keeps it while they live."""

    def __init__(self) -> None:
        self.bytes = 0

    def look(self) -> None:
        for child in psutil.Process().children(recursive=True):
            try:
                if "jobs.hearing.child" not in child.cmdline():
                    continue
                found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{child.pid}/status").read_text())
            except (psutil.Error, OSError):
                continue
            if found:
                self.bytes = max(self.bytes, int(found[1]) * 1024)


def status(engine: Engine, job_id: UUID) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT status FROM jobs WHERE id = :id"), {"id": job_id}).scalar_one())


@pytest.mark.slow
@patient
def test_hostile_files(engine: Engine, queue: JobQueue, database_url: str, tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "hostile"
    folder.mkdir()
    corpus = make_corpus(folder, SEED, scale(FILES))
    peaks = Peaks()

    def look(progress: ImportProgress) -> None:
        peaks.look()

    report = import_folder(database_url, folder, look, limits=LIMITS)

    # Every file is taken in or refused with a reason, and no reason is that nobody foresaw it.
    refused = {finding.path: finding.reason for finding in report.refused}
    assert report.new + report.changed + len(refused) == len(corpus)
    assert all(refused.values())
    assert [reason for reason in refused.values() if "unexpectedly" in reason or "nonsense" in reason] == []

    # So is every track that came of them, at the first attempt and by one worker, which lives on.
    job = request_embedding(engine, queue, "musicnn-mtt", index_threshold=MANY)
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    with WorkerPool(settings, database_url, processes=1) as pool:
        workers = pool.pids
        deadline = time.monotonic() + scale(3_000)
        while status(engine, job.id) in ("WAITING", "RUNNING"):
            assert time.monotonic() < deadline
            peaks.look()
            time.sleep(0.1)
        assert pool.pids == workers
    with engine.connect() as connection:
        items = connection.execute(text("SELECT state::text, attempts, error FROM job_items")).all()
        heard = set(
            connection.scalars(
                text("SELECT f.path FROM track_files f JOIN track_embeddings e ON e.track_id = f.track_id")
            )
        )
    assert status(engine, job.id) == "SUCCEEDED"
    assert {attempts for _, attempts, _ in items} == {1}
    assert all((state == "DONE") is (error is None) for state, _, error in items)
    assert [error for _, _, error in items if error and ("unexpectedly" in error or "nonsense" in error)] == []

    # What was fine among them was heard, and nothing took more memory than it may.
    fine = [file.path for file in corpus if file.good]
    assert len(fine) >= len(corpus) // 40
    assert [path for path in fine if path_to_text(path) not in heard] == []
    assert 2**20 < peaks.bytes < MAX_RESIDENT_BYTES
