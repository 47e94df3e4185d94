"""The processes beside `segue up`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from domain.errors.machine import ProcessDied
from jobs.cli import children
from jobs.cli.children import Child, Family
from jobs.cli.listening import answers, free_port


@pytest.fixture
def port(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """A port for `segue serve`, as children find it in the environment."""
    number = free_port("127.0.0.1", 18_400)
    for name, value in (("DATA_DIR", tmp_path), ("DATABASE_URL", database_url), ("PORT", number)):
        monkeypatch.setenv(f"SEGUE_{name}", str(value))
    return number


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def servers() -> list[psutil.Process]:
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if "jobs.cli" in child.cmdline()]


def test_a_child_that_is_killed_comes_back_and_goes_with_the_block(tmp_path: Path, port: int) -> None:
    kept: list[int] = []
    with Family([Child("serve", tmp_path)], lambda: kept.append(1)) as family:
        wait_until(lambda: answers("127.0.0.1", port))
        [first] = servers()
        os.kill(first.pid, signal.SIGKILL)
        wait_until(lambda: [server for server in servers() if server.pid != first.pid])
        wait_until(lambda: answers("127.0.0.1", port))
        family.check()
    assert servers() == []
    assert not answers("127.0.0.1", port)
    assert kept, "nobody looked after the database"
    assert "Uvicorn running" in (tmp_path / "serve.log").read_text()


def test_a_child_that_dies_again_and_again_is_given_up_with_its_reason(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "DEATHS_FORGIVEN", 1)
    monkeypatch.setenv("SEGUE_LOG_LEVEL", "loud")
    (tmp_path / "serve.log").write_text("segue: what an earlier one complained about\n")
    with Family([Child("serve", tmp_path)], lambda: None) as family:
        wait_until(lambda: family._failure)
        with pytest.raises(
            ProcessDied,
            match=r"'segue serve' does not stay alive: SEGUE_LOG_LEVEL cannot be 'loud': .* Its log is .*serve.log",
        ):
            family.check()


def test_a_child_ends_with_its_parent(tmp_path: Path, port: int) -> None:
    child = Child("serve", tmp_path)
    child.start()
    wait_until(lambda: answers("127.0.0.1", port))
    [server] = servers()
    child._close()  # what the end of this process would do
    wait_until(lambda: not answers("127.0.0.1", port))
    server.wait(10)
    child.stop()
