"""`segue watch`, run as a user does."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.settings import Settings
from jobs.worker import WorkerPool
from tests.jobs.cli.command import segue, start_segue
from tests.ml.recordings import sine, write


def record(path: Path, frequency: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, sine(4, 16_000, frequency)[None], 16_000, layout="mono")


@pytest.mark.slow
def test_what_comes_into_a_folder_becomes_recommendable(database_url: str, tmp_path: Path) -> None:
    music, data = tmp_path / "music", tmp_path / "data"
    record(music / "Early" / "01 Old.flac", 300)
    made = record(tmp_path / "02 New.flac", 500)
    assert segue("import", music, data_dir=data, database_url=database_url).code == 0
    settings = Settings(data_dir=data, database_url=database_url)
    with (
        psycopg.connect(database_url, autocommit=True) as connection,
        WorkerPool(settings, database_url, processes=1),
        start_segue("watch", music, "--settle", "1.5", data_dir=data, database_url=database_url) as watching,
    ):

        def rows(statement: str) -> list[tuple[Any, ...]]:  # Any: columns
            return connection.execute(statement).fetchall()

        assert watching.stdout
        assert watching.stdout.readline().endswith("(1 recording imported earlier); Ctrl-C ends it\n")
        # It grows for longer than it takes to look twice.
        content = made.read_bytes()
        (music / "Late").mkdir()
        with (music / "Late" / made.name).open("wb") as growing:
            for start in range(0, len(content), len(content) // 4 + 1):
                growing.write(content[start : start + len(content) // 4 + 1])
                growing.flush()
                time.sleep(0.7)
        wait(lambda: rows("SELECT count(*) FROM track_embeddings") == [(2,)])
        assert rows("SELECT title, truncated FROM tracks ORDER BY id") == [("Old", False), ("New", False)]
        imports = "SELECT status, total, done, failed FROM jobs WHERE kind = 'import'"
        wait(lambda: rows(imports) == [("SUCCEEDED", 1, 1, 0)])
        # A folder that is moved is the same recordings elsewhere.
        shutil.move(music / "Late", music / "Later")
        wait(lambda: rows(imports) == [("SUCCEEDED", 1, 1, 0)] * 2)
        assert rows("SELECT path FROM track_files ORDER BY id") == [
            (f"{music.resolve()}/Early/01 Old.flac",),
            (f"{music.resolve()}/Later/02 New.flac",),
        ]
        assert rows("SELECT title FROM albums ORDER BY title") == [("Early",), ("Later",)]
        watching.send_signal(signal.SIGINT)
        said, _ = watching.communicate(timeout=20)
        assert watching.returncode == 130
        assert "Traceback" not in said
        assert [line.partition(": job ")[0].rsplit("/", 1)[-1] for line in said.splitlines()] == [made.name] * 2
        assert rows("SELECT count(*) FROM track_embeddings") == [(2,)]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    ran = segue("watch", tmp_path / "gone", data_dir=tmp_path)
    assert (ran.code, ran.err) == (1, [f"segue: There is no folder or file '{tmp_path}/gone'."])


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
