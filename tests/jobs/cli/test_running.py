"""Whether `segue up` runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors.machine import AlreadyUp, DataFolderUnwritable
from jobs.cli.running import Running, only_one, running
from tests.jobs.cli.command import ROOT

HOLD = """
import sys, time
from pathlib import Path
from jobs.cli.running import only_one
with only_one(Path(sys.argv[1]), "http://x:1"):
    print("holds", flush=True)
    time.sleep(60)
"""


def test_one_for_each_data_folder(tmp_path: Path) -> None:
    assert running(tmp_path / "a") is None
    with only_one(tmp_path / "a", "http://x:1"), only_one(tmp_path / "b", "http://x:2"):
        assert running(tmp_path / "a") == Running(os.getpid(), "http://x:1")
        with pytest.raises(AlreadyUp, match=rf"http://x:1 \(process {os.getpid()}\)"), only_one(tmp_path / "a", ""):
            pass
    assert running(tmp_path / "a") is None


def test_one_that_was_killed_is_gone(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holds\n"
    assert running(tmp_path) == Running(process.pid, "http://x:1")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert running(tmp_path) is None
    with only_one(tmp_path, "http://x:2"):
        assert running(tmp_path) == Running(os.getpid(), "http://x:2")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnwritable), only_one(tmp_path / "file", ""):
        pass
