"""The server's first process: finding it, ending it, clearing away what a dead one left."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

# How to ask, and for how many seconds: fast shutdown (clients are cut off, everything is written), immediate shutdown
# (recovers at the next start), and the end of all asking.
WAYS_TO_STOP = ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))


def find_postmaster(files: Path) -> psutil.Process | None:
    """The first process of the server with these files, if it lives, whatever `postmaster.pid` says."""
    return next((process for process in _processes(files) if not _is_child(process)), None)


def end_orphans(files: Path) -> None:
    """Ends children of a dead postmaster: busy ones outlive it, and PostgreSQL does not start beside them."""
    orphans = [process for process in _processes(files) if _is_child(process)]
    for process in orphans:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    _, stubborn = psutil.wait_procs(orphans, timeout=2)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=2)


def clear_stale(files: Path) -> None:
    """Removes the lock files of a server that is dead.

    PostgreSQL does so itself if the process id in them is free; it does not if that id went to somebody else, or if
    the file is cut off. Its check of shared memory, which needs no file, still keeps two servers apart.
    """
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (files / name).unlink(missing_ok=True)


def end(process: psutil.Process) -> None:
    """Ends a postmaster, politely at first, and waits until it is gone."""
    for way, seconds in WAYS_TO_STOP:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(way)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _lives(process):
                reap(process.pid)
                return
            time.sleep(0.01)
        log.warning("The embedded PostgreSQL did not follow %s for %d s", way.name, seconds)


def reap(pid: int) -> None:
    """Takes leave of a dead process if it became our child, as it does where we are process 1 of a container."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _processes(files: Path) -> Iterator[psutil.Process]:
    """Every server process works in the folder of its files."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, FileNotFoundError):
            if process.name() == "postgres" and _lives(process) and _works_in(process, files):
                yield process


def _works_in(process: psutil.Process, files: Path) -> bool:
    try:
        return os.path.samefile(process.cwd(), files)
    except psutil.AccessDenied:
        # Somebody else's; or root in a container that may not look into other accounts' processes.
        return _is_named(process, files)


def _is_named(process: psutil.Process, files: Path) -> bool:
    """Whether `postmaster.pid` (process id, folder, time of start, …; a line each) means this very process."""
    try:
        pid, folder, started, *_ = (files / "postmaster.pid").read_text().splitlines()
        return (
            int(pid) == process.pid
            and os.path.samefile(folder, files)
            and abs(process.create_time() - int(started)) < 60  # the clock may have been set in between
        )
    except (OSError, ValueError):
        return False


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_child(process: psutil.Process) -> bool:
    # Children call themselves "postgres: checkpointer" and the like.
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return "".join(process.cmdline()).startswith("postgres: ")
    return False
