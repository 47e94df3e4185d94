"""Whatever is killed, left behind, or in the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from domain.errors.machine import DatabaseUnreachable, DataFolderUnwritable, DataOfAnotherVersion, EmbeddedServerFailed
from sql.embedded import ensure_running, is_running, stop

from .peers import ask, postmaster_pid, run, start_peer, started


def test_a_killed_server_is_started_again_with_all_that_was_committed(data_dir: Path) -> None:
    url = ensure_running(data_dir)
    run(url, "CREATE TABLE memory AS SELECT 42 AS answer")

    os.kill(postmaster_pid(data_dir), signal.SIGKILL)

    assert ask(ensure_running(data_dir), "SELECT answer FROM memory") == 42


def test_a_query_that_outlives_its_killed_server_is_ended(data_dir: Path) -> None:
    url = ensure_running(data_dir)
    connection = psycopg.connect(url, autocommit=True)
    backend = psutil.Process(connection.info.backend_pid)

    def count_for_minutes() -> None:
        with suppress(psycopg.Error):
            connection.execute("SELECT count(*) FROM generate_series(1, 1e11)")

    query = threading.Thread(target=count_for_minutes)
    query.start()
    while ask(url, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'") < 2:
        time.sleep(0.01)
    os.kill(postmaster_pid(data_dir), signal.SIGKILL)

    assert ask(ensure_running(data_dir), "SELECT 42") == 42
    assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
    query.join(timeout=10)
    assert not query.is_alive()
    connection.close()


def test_a_process_id_that_went_to_somebody_else_is_no_server(data_dir: Path) -> None:
    url = ensure_running(data_dir)
    files = data_dir / "postgres"
    names = "postmaster.pid", ".s.PGSQL.5432.lock"
    left = {name: (files / name).read_text() for name in names}
    pid = postmaster_pid(data_dir)
    stop(data_dir)
    # PostgreSQL believes in the living and the undead of its own account only.
    account = files.stat().st_uid if os.geteuid() == 0 else None
    living = subprocess.Popen(["sleep", "60"], user=account)
    undead = subprocess.Popen(["true"], user=account)
    os.waitid(os.P_PID, undead.pid, os.WEXITED | os.WNOWAIT)

    for other in (living, undead):
        for name, text in left.items():
            (files / name).write_text(text.replace(str(pid), str(other.pid), 1))
        assert not is_running(data_dir)
        assert not stop(data_dir)
        assert ensure_running(data_dir) == url
        assert ask(url, "SELECT 42") == 42
        stop(data_dir)

    assert living.poll() is None
    living.kill()
    living.wait()
    undead.wait()


@pytest.mark.parametrize("running", [False, True])
def test_a_garbled_process_id_file_is_no_obstacle(data_dir: Path, running: bool) -> None:
    url = ensure_running(data_dir)
    before = started(url)
    for garbage in (b"", b"12", b"\xff\xfe\x00", b"nobody\nnowhere\n", b"99999999\n/else\n1\n5432\n.\n\n 1 1\nready\n"):
        if not running:
            stop(data_dir)
        (data_dir / "postgres" / "postmaster.pid").write_bytes(garbage)

        assert ensure_running(data_dir) == url
        assert (started(url) == before) == running
    assert stop(data_dir)


def test_the_server_outlives_a_starter_that_is_killed(data_dir: Path) -> None:
    peer = start_peer("print(ensure_running(data_dir), flush=True); os.kill(os.getpid(), signal.SIGKILL)", data_dir)
    output, _ = peer.communicate(timeout=30)
    assert peer.returncode == -signal.SIGKILL
    before = started(output.strip())

    assert started(ensure_running(data_dir)) == before


@pytest.mark.parametrize(
    "moment", ["postgres.new-*", "postgres.new-*/PG_VERSION", "postgres", "postgres/postmaster.pid"]
)
def test_a_starter_may_be_killed_at_any_moment(data_dir: Path, moment: str) -> None:
    peer = start_peer("ensure_running(data_dir)", data_dir)
    while not list(data_dir.glob(moment)):
        time.sleep(0.001)
    peer.kill()
    peer.communicate()

    assert ask(ensure_running(data_dir), "SELECT 42") == 42


def test_a_copy_of_a_running_folder_is_a_server_of_its_own(data_dir: Path, tmp_path: Path) -> None:
    url = ensure_running(data_dir)
    run(url, "CREATE TABLE memory (answer integer)", "CHECKPOINT")
    copy = tmp_path / "copy"
    shutil.copytree(data_dir, copy, ignore=shutil.ignore_patterns(".s.PGSQL.5432"))

    try:
        run(ensure_running(copy), "INSERT INTO memory VALUES (42)")
        assert ask(ensure_running(copy), "SELECT count(*) FROM memory") == 1
        assert ask(url, "SELECT count(*) FROM memory") == 0
    finally:
        assert stop(copy)
    assert is_running(data_dir)


def test_a_folder_may_be_moved_while_its_server_runs(data_dir: Path, tmp_path: Path) -> None:
    before = started(ensure_running(data_dir))
    moved = data_dir.rename(tmp_path / "moved")

    assert started(ensure_running(moved)) == before
    assert stop(moved)


def test_a_folder_may_be_deleted_while_its_server_runs(data_dir: Path) -> None:
    run(ensure_running(data_dir), "CREATE TABLE memory (answer integer)")
    old = postmaster_pid(data_dir)
    shutil.rmtree(data_dir)

    url = ensure_running(data_dir)

    assert ask(url, "SELECT to_regclass('memory')") is None
    assert not psutil.pid_exists(old) or psutil.Process(old).status() == psutil.STATUS_ZOMBIE


def test_a_server_that_will_not_start_says_why_and_where(data_dir: Path) -> None:
    ensure_running(data_dir)
    stop(data_dir)
    with (data_dir / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'a lot'\n")

    with pytest.raises(EmbeddedServerFailed) as caught:
        ensure_running(data_dir)

    assert caught.value.details["reason"].startswith("configuration file ")
    assert caught.value.details["reason"].endswith(" contains errors")
    assert 'invalid value for parameter "shared_buffers": "a lot"' in caught.value.details["log"].read_text()


def test_a_disk_that_fills_up_while_the_files_are_made_leaves_nothing_behind(data_dir: Path) -> None:
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
ensure_running(data_dir)
"""
    _, errors = start_peer(code, data_dir).communicate(timeout=30)

    assert f"EmbeddedServerFailed: The embedded PostgreSQL in '{data_dir}/postgres' does not start: " in errors
    assert errors.endswith(f" Its log is {data_dir}/postgres-initdb.log\n")
    assert sorted(path.name for path in data_dir.iterdir()) == ["postgres-initdb.log", "postgres.lock"]
    assert ask(ensure_running(data_dir), "SELECT 42") == 42


def test_a_file_in_place_of_the_data_folder(tmp_path: Path) -> None:
    occupied = tmp_path / "data"
    occupied.write_text("not a folder")

    for folder in (occupied, occupied / "deeper"):
        with pytest.raises(DataFolderUnwritable, match="Not a directory"):
            ensure_running(folder)
        assert not is_running(folder)
        assert not stop(folder)


def test_other_files_in_place_of_the_server_s(data_dir: Path) -> None:
    files = data_dir / "postgres"
    files.mkdir(parents=True)
    (files / "diary.txt").write_text("mine")
    with pytest.raises(DataFolderUnwritable, match="it holds files, but not those of a PostgreSQL"):
        ensure_running(data_dir)
    (files / "PG_VERSION").write_text("16\n")
    with pytest.raises(DataOfAnotherVersion, match="was made by version 16; this program brings 18"):
        ensure_running(data_dir)
    shutil.rmtree(files)
    files.write_text("a file")
    with pytest.raises(DataFolderUnwritable, match="it is not a folder"):
        ensure_running(data_dir)
    files.unlink()


def test_a_server_without_a_free_connection_is_no_dead_one(data_dir: Path) -> None:
    url = ensure_running(data_dir)
    run(url, "ALTER SYSTEM SET max_connections = 4")
    stop(data_dir)
    with ExitStack() as taken:
        url = ensure_running(data_dir)
        for _ in range(4):
            taken.enter_context(psycopg.connect(url))
        with pytest.raises(DatabaseUnreachable, match="too many clients already"):
            ensure_running(data_dir)
