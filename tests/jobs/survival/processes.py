"""Real processes of `segue`: started, looked at, killed with all that belongs to them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.jobs.cli.command import ROOT, environment

# How much slower a machine may be that others keep busy.
PATIENCE = 8


class Command:
    """A `segue` command that runs; what it says goes into a file."""

    def __init__(self, arguments: tuple[str, ...], log: Path, settings: dict[str, str | Path]) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jobs.cli", *arguments],
                cwd=ROOT,
                env=environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def said(self) -> list[str]:
        return self.log.read_text().splitlines()

    def tree(self) -> list[psutil.Process]:
        """The command's process, then those below it; without the dead."""
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.pid)
            return [process for process in (own, *own.children(recursive=True)) if lives(process)]
        return []

    def workers(self) -> list[psutil.Process]:
        """The worker processes below it."""
        return [process for process in self.tree() if runs(process, "jobs.worker_process")]

    def kill(self) -> list[psutil.Process]:
        """`kill -9` of the command and all below it, at once; returns what was killed."""
        killed = self.tree()
        for process in killed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        return killed

    def stop(self) -> None:
        """Ask it to end, and kill what is left of it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        self.kill()

    def wait(self, seconds: float) -> int:
        """Its exit code."""
        return self._process.wait(PATIENCE * seconds)


@contextmanager
def segue(*arguments: str, log: Path, **settings: str | Path) -> Iterator[Command]:
    """A command that runs while the block lasts, or until it ends by itself."""
    command = Command(arguments, log, settings)
    try:
        yield command
    finally:
        command.stop()


def runs(process: psutil.Process, module: str) -> bool:
    with suppress(psutil.Error):
        return module in process.cmdline()
    return False


def lives(process: psutil.Process) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """`seconds` are what it may take on a machine that does nothing else."""
    deadline = time.monotonic() + PATIENCE * seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {PATIENCE * seconds:.0f} s not yet: {what}"
        time.sleep(0.02)
