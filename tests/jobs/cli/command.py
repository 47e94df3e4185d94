"""Runs `segue` as a user does: as a process."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock, Timer

from tests.jobs.cli import forked

ROOT = Path(__file__).parents[3]
SECONDS = 120.0

_one_at_a_time = Lock()


@dataclass(frozen=True)
class Ran:
    """What one command left behind."""

    code: int
    out: list[str]
    err: list[str]


def environment(**settings: str | Path) -> dict[str, str]:
    """Our environment with these SEGUE_ variables and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
    given = {f"SEGUE_{name.upper()}": str(value) for name, value in settings.items()}
    return inherited | given | {"PYTHONWARNINGS": "error"}


def segue(*arguments: str | Path, **settings: str | Path) -> Ran:
    """Run a command to its end; `settings` are those of `domain.settings`.

    In a process of its own, a fork of one that has loaded the program: see `tests.jobs.cli.forked`.
    """
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        for file in (out, err):
            file.touch()
        order = {
            "arguments": [str(argument) for argument in arguments],
            "environment": environment(**settings),
            "out": str(out),
            "err": str(err),
        }
        with _one_at_a_time:
            parent.stdin.write(json.dumps(order).encode() + b"\n")
            parent.stdin.flush()
            pid = int(parent.stdout.readline())
            patience = Timer(SECONDS, _kill, [pid])
            patience.start()
            code = int(parent.stdout.readline())
            patience.cancel()
        said = [file.read_text(errors="replace").splitlines() for file in (out, err)]
    assert code != -signal.SIGKILL, f"killed after {SECONDS:.0f} s, or by somebody else: {arguments} {said}"
    return Ran(code, *said)


def segue_alone(*arguments: str | Path, **settings: str | Path) -> Ran:
    """The same, loading the program itself."""
    ended = subprocess.run(
        [sys.executable, "-m", "jobs.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Ran(ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines())


def start_segue(*arguments: str | Path, **settings: str | Path) -> subprocess.Popen[str]:
    """Start a command; its output is to be read from `stdout`."""
    return subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@cache
def _parent() -> subprocess.Popen[bytes]:
    """The process that forks, until this one ends."""
    parent = subprocess.Popen(
        [sys.executable, "-m", forked.__name__],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(_end, parent)
    return parent


def _end(parent: subprocess.Popen[bytes]) -> None:
    for pipe in (parent.stdin, parent.stdout):
        if pipe is not None:
            pipe.close()  # the end of its input is its end
    parent.wait()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
