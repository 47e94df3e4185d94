"""The server's first process: finding it, ending it, clearing away what a dead one left."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
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
    return next(_processes(files, children=False), None)


def end_orphans(files: Path) -> None:
    """Ends children of a dead postmaster: busy ones outlive it, and PostgreSQL does not start beside them."""
    for process in _processes(files, children=True):
        # Nothing is lost: what they had not committed could not be committed any more, and the rest is in the log.
        _signal(process, signal.SIGKILL, seconds=5)


def lock_files(files: Path) -> dict[Path, bytes]:
    """The server's lock files, as far as they are there, with what is in them."""
    found = {}
    for name in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
        with suppress(FileNotFoundError):
            found[files / name] = (files / name).read_bytes()
    return found


def clear_stale(files: Path, seen: dict[Path, bytes]) -> None:
    """Removes the lock files that were `seen` before no server was found; not those of one that came since.

    PostgreSQL does so itself if the process id in them is free; it does not if that id went to somebody else, or if
    the file is cut off. Its check of shared memory, which needs no file, still keeps two servers apart.
    """
    for path, content in lock_files(files).items():
        if seen.get(path) == content:
            path.unlink(missing_ok=True)


def end(process: psutil.Process) -> None:
    """Ends a postmaster, politely at first, and waits until it is gone."""
    for way, seconds in WAYS_TO_STOP:
        if _signal(process, way, seconds):
            break
        log.warning("The embedded PostgreSQL did not follow %s for %d s", way.name, seconds)
    with suppress(ChildProcessError):  # it is our child only where we are process 1, as in a container
        os.waitpid(process.pid, os.WNOHANG)


def _processes(files: Path, children: bool) -> Iterator[psutil.Process]:
    """Every process of a server works in the folder of its files; children call themselves "postgres: checkpointer"."""
    for pid in psutil.pids():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
            process = psutil.Process(pid)
            if process.name() != "postgres" or not _lives(process):
                continue
            if "".join(process.cmdline()).startswith("postgres: ") == children and _works_in(process, files):
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
    folder = _folder(process)
    # The name alone means a server whose folder was deleted under its feet.
    return folder == str(files) or os.path.samefile(folder, files)


def _folder(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.AccessDenied:
        if os.geteuid() != 0:
            raise  # somebody else's
        # Root in a container may not look into another account's processes. That account may.
        readlink = subprocess.run(  # noqa: S603  nothing in it comes from outside
            ["readlink", f"/proc/{process.pid}/cwd"],  # noqa: S607  where PATH has it
            user=process.uids().real,
            group=process.gids().real,
            extra_groups=[],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return readlink.stdout.removesuffix("\n").removesuffix(" (deleted)")


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
