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

from sql.embedded.address import PORT

log = logging.getLogger(__name__)

# How to ask, and for how many seconds: fast shutdown (clients are cut off, everything is written), immediate shutdown
# (recovers at the next start), and the end of all asking.
WAYS_TO_STOP = ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))


def find_postmaster(files: Path) -> psutil.Process | None:
    """The first process of the server with these files, if it lives, whatever `postmaster.pid` says."""
    return next((process for process in _processes(files) if not _is_child(process)), None)


def end_orphans(files: Path) -> None:
    """Ends children of a dead postmaster: busy ones outlive it, and PostgreSQL does not start beside them."""
    for process in _processes(files):
        if _is_child(process):
            # Nothing is lost: what they had not committed could not be committed any more, and the rest is in the log.
            _signal(process, signal.SIGKILL, seconds=5)


def clear_stale(files: Path) -> None:
    """Removes the lock files of a server that is dead.

    PostgreSQL does so itself if the process id in them is free; it does not if that id went to somebody else, or if
    the file is cut off. Its check of shared memory, which needs no file, still keeps two servers apart.
    """
    for name in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
        (files / name).unlink(missing_ok=True)


def end(process: psutil.Process) -> None:
    """Ends a postmaster, politely at first, and waits until it is gone."""
    for way, seconds in WAYS_TO_STOP:
        if _signal(process, way, seconds):
            break
        log.warning("The embedded PostgreSQL did not follow %s for %d s", way.name, seconds)
    with suppress(ChildProcessError):  # it is our child only where we are process 1, as in a container
        os.waitpid(process.pid, os.WNOHANG)


def _processes(files: Path) -> Iterator[psutil.Process]:
    """Every server process works in the folder of its files."""
    for pid in psutil.pids():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
            process = psutil.Process(pid)
            if process.name() == "postgres" and _lives(process) and _works_in(process, files):
                yield process


def _signal(process: psutil.Process, number: signal.Signals, seconds: float) -> bool:
    """Whether the process is gone within `seconds` of the signal; a zombie is, whoever should have buried it."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
    deadline = time.monotonic() + seconds
    while _lives(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _works_in(process: psutil.Process, files: Path) -> bool:
    try:
        folder = process.cwd()
        # The name alone means a server whose folder was deleted under its feet.
        return folder == str(files) or os.path.samefile(folder, files)
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
