"""Two workers and two who ask for the same, all at once: nothing is done twice."""

from __future__ import annotations

import json
import logging
import re
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg
import pytest

from domain.spaces import backend_facts
from sql.engine import make_engine
from sql.spaces.revisions import open_revision
from tests.jobs.survival.archive import SPACE, Archive, make_archive, make_recordings
from tests.jobs.survival.orphans import orphans
from tests.jobs.survival.processes import Command, segue
from tests.jobs.survival.seen_job import SeenJob
from tests.soak import patient, scale

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.slow, patient]

SEED = 2
TRACKS = max(6, scale(60))
TAKES_OVER = (
    f"'{SPACE}' answers with its new revision. The old one stays until segue prune; back to it with:"
    f" segue restore --space {SPACE}"
)


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> Archive:
    """Tracks of a space whose active revision is there, and empty."""
    lengths = np.random.default_rng(SEED)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        open_revision(connection, backend_facts(SPACE))
    engine.dispose()
    seconds = [lengths.uniform(20, 120) for _ in range(TRACKS)]
    return make_archive(database_url, make_recordings(tmp_path / "archive", seconds, SEED))


def test_two_workers_and_two_reembeddings_at_once_hear_each_track_once(
    database_url: str, tmp_path: Path, archive: Archive
) -> None:
    settings: dict[str, str | Path] = {"data_dir": tmp_path / "data", "database_url": database_url}
    started = time.monotonic()
    with ExitStack() as stack:

        def start(name: str, *arguments: str) -> Command:
            return stack.enter_context(segue(*arguments, log=tmp_path / f"{name}.log", **settings))

        working = [start(f"worker {number}", "worker", "--processes=1") for number in (1, 2)]
        asking = [start(f"reembed {number}", "reembed", "--workers=1") for number in (1, 2)]
        codes = [command.wait(60 + 2 * TRACKS) for command in asking]
        heard = [heard_by(command.log) for command in working]
    heard.append(heard_by(tmp_path / "data" / "logs" / "worker.log"))
    said = [command.said for command in asking]
    assert codes == [0, 0], said

    # One began the job; the other joined it and was told so. Both saw its end.
    [(number, first)] = [(n, lines[0]) for n, lines in enumerate(said) if not lines[0].startswith("Joined")]
    begun = re.fullmatch(
        rf"Job (\S+): {TRACKS} tracks for a new revision of '{SPACE}'; the old one answers meanwhile", first
    )
    assert begun is not None, said
    other = said[1 - number][0]
    assert re.fullmatch(rf"Joined job {begun[1]}, which is under way: \d+ of {TRACKS} tracks done", other), said
    assert [lines[-1] for lines in said] == [TAKES_OVER, TAKES_OVER]

    job = SeenJob(database_url, UUID(begun[1]))
    assert job.row == ("SUCCEEDED", TRACKS, TRACKS, 0, None)
    assert (job.taken, job.held) == (TRACKS, 0)
    # Each track was heard once, by one of them; and they shared the work.
    times = Counter[int]()
    for one in heard:
        times.update(one.get(begun[1], []))
    assert times == Counter(dict.fromkeys(archive.paths, 1))
    assert sum(bool(one.get(begun[1], [])) for one in heard) > 1
    with psycopg.connect(database_url) as connection:
        states = connection.execute("SELECT state FROM space_revisions ORDER BY id").fetchall()
        assert states == [("RETIRED",), ("READY",)]
        assert connection.execute("SELECT count(*) FROM jobs WHERE kind = 'reembed'").fetchone() == (1,)
        assert orphans(connection) == {}
    assert archive.differences(database_url) == []
    shares = [len(one.get(begun[1], [])) for one in heard]
    log.info("%d tracks heard by workers in shares of %s, %.0f s", TRACKS, shares, time.monotonic() - started)


def heard_by(worker_log: Path) -> dict[str, list[int]]:
    """The tracks that a worker heard, for each job."""
    found: dict[str, list[int]] = {}
    for line in worker_log.read_text().splitlines():
        if line.startswith("{") and (said := json.loads(line))["message"].startswith("Embedded '"):
            found.setdefault(said["job_id"], []).append(said["track_id"])
    return found
