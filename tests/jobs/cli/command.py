"""Runs `segue` as a user does: as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]


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
    """Run a command to its end; `settings` are those of `domain.settings`."""
    ended = subprocess.run(
        [sys.executable, "-m", "jobs.cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=120,
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
