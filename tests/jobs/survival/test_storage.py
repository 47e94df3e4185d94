"""An archive in a storage that fails three of ten calls and is slow."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np
import psycopg
import pytest

from domain.settings import Settings
from jobs.ingest import Ingest
from jobs.queue import JobQueue
from jobs.storage.location import open_storage
from sql.database import Database
from sql.queue.job_writes import JobWrites
from tests.jobs.storage.conftest import BUCKET, ObjectServer
from tests.jobs.storage.flaky_proxy import flaky_proxy
from tests.jobs.survival.archive import Archive, make_recordings
from tests.jobs.survival.orphans import orphans
from tests.jobs.survival.processes import segue, wait_until
from tests.soak import patient, scale

pytestmark = [pytest.mark.anyio, pytest.mark.slow, patient]

log = logging.getLogger(__name__)

SEED = 30
RECORDINGS = scale(40)
FAILING = 0.3
DELAY_SECONDS = 0.05
UNENDED = "SELECT count(*) FROM jobs WHERE status IN ('WAITING', 'RUNNING')"


async def test_all_tracks_are_in_at_the_end(
    database_url: str,
    queue: JobQueue,
    tmp_path: Path,
    object_server: ObjectServer,
    aws_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths = np.random.default_rng(SEED)
    paths = make_recordings(tmp_path / "sent", [lengths.uniform(5, 60) for _ in range(RECORDINGS)], SEED)
    storage_url = f"s3://{BUCKET}/survival"
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url, storage_url=storage_url)
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), object_server.service, strict=True):
        monkeypatch.setenv(name, value)
    started = time.monotonic()
    with flaky_proxy(object_server.url, failing=FAILING, delay=DELAY_SECONDS, seed=SEED) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        storage = open_storage(settings)
        database = Database.of(database_url, settings)
        ingest = Ingest(JobWrites(database), queue)
        files: dict[str, str | Path] = {
            "data_dir": settings.data_dir,
            "database_url": database_url,
            "storage_url": storage_url,
        }
        with segue("worker", "--processes=1", log=tmp_path / "worker.log", **files) as working:
            for path in paths:
                key = f"audio/{path.name}"
                version = storage.put(key, path)
                for _ in range(2):  # what S3 tells, it may tell twice
                    await ingest.object_arrived(key, version)
            wait_until(lambda: _number(database_url, UNENDED) == 0, 60 + 10 * RECORDINGS, f"all is in (seed {SEED})")
            said = working.said
        await database.close()
    with psycopg.connect(database_url) as connection:
        bad = connection.execute("SELECT kind, status, error FROM jobs WHERE status <> 'SUCCEEDED' OR failed > 0")
        assert bad.fetchall() == [], f"seed {SEED}"
        assert connection.execute("SELECT count(*) FROM jobs WHERE kind = 'import'").fetchone() == (RECORDINGS,)
        found = connection.execute("SELECT track_id, path FROM track_files").fetchall()
        assert orphans(connection) == {}, f"seed {SEED}"
    by_place = {f"{storage_url}/audio/{path.name}": path for path in paths}
    assert {place for _, place in found} == set(by_place)
    assert Archive({track_id: by_place[place] for track_id, place in found}).differences(database_url) == []
    # No copy of a recording is left behind, and it was as hard as it should be.
    assert list((settings.data_dir / "scratch").iterdir()) == []
    calls, failures = proxy.calls.total(), proxy.failures.total()
    assert failures > calls * FAILING / 2, (calls, proxy.failures)
    assert [line for line in said if '"traceback"' in line] == [], f"seed {SEED}"
    seconds = time.monotonic() - started
    log.info("%d recordings, %d of %d calls failed, %.0f s", RECORDINGS, failures, calls, seconds)


def _number(url: str, statement: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])
