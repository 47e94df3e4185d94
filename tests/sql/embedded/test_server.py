from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import dramatiq
import pytest
import sqlalchemy
from dramatiq_postgres import PostgresBroker, generate_init_sql

from domain.errors.machine import ExtraMissing
from sql.embedded import binaries, ensure_running, is_running, programs, stop

from .peers import ask, run, start_peer, started


def test_a_fresh_folder_becomes_a_server_with_pgvector(data_dir: Path) -> None:
    url = ensure_running(data_dir)

    run(url, "CREATE EXTENSION vector")
    assert ask(url, "SELECT '[3,4]'::vector <-> '[0,0]'") == 5.0
    assert ask(url, "SELECT current_database()") == "segue"
    settings = {
        "listen_addresses": "",
        "max_connections": "100",
        "synchronous_commit": "on",
        "shared_buffers": "256MB",
        "min_dynamic_shared_memory": "288MB",
    }
    assert {name: ask(url, f"SHOW {name}") for name in settings} == settings
    assert is_running(data_dir)


def test_the_address_serves_every_client(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere.invalid", "PGDATABASE": "other", "PGUSER": "other"}.items():
        monkeypatch.setenv(name, value)

    url = ensure_running(data_dir)

    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT current_database()")) == "segue"
    engine.dispose()
    command = [binaries() / "psql", url, "--no-psqlrc", "--tuples-only", "--no-align", "--command", "SELECT 6 * 7"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "42\n"
    run(url, generate_init_sql())
    broker = PostgresBroker(url=url)
    broker.enqueue(dramatiq.Message(queue_name="default", actor_name="nobody", args=(), kwargs={}, options={}))
    broker.close()
    assert ask(url, "SELECT count(*) FROM dramatiq.queue") == 1


def test_another_process_adopts_the_server(data_dir: Path) -> None:
    url = ensure_running(data_dir)

    other = start_peer("print(ensure_running(data_dir))", data_dir)
    output, errors = other.communicate(timeout=30)

    assert (output.strip(), errors) == (url, "")
    assert started(output.strip()) == started(url)


def test_adopting_runs_none_of_the_programs(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = ensure_running(data_dir)
    monkeypatch.setattr(programs, "find_spec", lambda name: None)

    assert ensure_running(data_dir) == url
    stop(data_dir)
    with pytest.raises(ExtraMissing, match=r"pip install '\.\[base\]'"):
        ensure_running(data_dir)


def test_two_processes_may_open_one_fresh_folder_at_once(data_dir: Path) -> None:
    code = "print(ensure_running(data_dir))"
    peers = [start_peer(code, data_dir) for _ in range(2)]

    outputs = [peer.communicate(timeout=60) for peer in peers]

    assert [peer.returncode for peer in peers] == [0, 0]
    first, second = (output.strip() for output, _ in outputs)
    assert started(first) == started(second)
    assert not list(data_dir.glob("postgres.new-*"))


def test_stopped_and_started_again_it_knows_what_it_knew(data_dir: Path) -> None:
    assert not stop(data_dir)
    url = ensure_running(data_dir)
    run(url, "CREATE TABLE memory AS SELECT 42 AS answer")
    before = started(url)

    assert stop(data_dir)
    assert not is_running(data_dir)
    assert not stop(data_dir)
    again = ensure_running(data_dir)

    assert again == url
    assert started(again) != before
    assert ask(again, "SELECT answer FROM memory") == 42


def test_control_c_does_not_reach_the_server(data_dir: Path) -> None:
    peer = start_peer("print(ensure_running(data_dir), flush=True); time.sleep(60)", data_dir)
    assert peer.stdout
    url = peer.stdout.readline().strip()
    before = started(url)

    os.killpg(peer.pid, signal.SIGINT)  # as a terminal does
    peer.communicate(timeout=30)

    assert peer.returncode == -signal.SIGINT
    assert started(url) == before


def test_the_starter_s_environment_is_not_the_server_s(data_dir: Path) -> None:
    code = "os.environ['PGCLIENTENCODING'] = 'LATIN1'; print(ensure_running(data_dir))"
    output, _ = start_peer(code, data_dir).communicate(timeout=30)

    assert ask(output.strip(), "SHOW client_encoding") == "UTF8"


def test_what_users_set_is_kept(data_dir: Path) -> None:
    url = ensure_running(data_dir)
    run(url, "ALTER SYSTEM SET max_connections = 77", "ALTER SYSTEM SET port = 7777")

    stop(data_dir)

    assert ask(ensure_running(data_dir), "SHOW max_connections") == "77"


def test_a_log_that_has_grown_long_is_put_aside(data_dir: Path) -> None:
    ensure_running(data_dir)
    stop(data_dir)
    log = data_dir / "postgres" / "server.log"
    log.write_text("a line of 20 bytes.\n" * 500_000)  # 10 MB

    ensure_running(data_dir)

    assert log.with_name("server.log.1").stat().st_size == 10_000_000
    assert log.stat().st_size < 10_000
