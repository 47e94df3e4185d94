"""Whether `segue up` runs for a data folder: it holds a lock on a file there, which ends with it however it ends."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from domain.errors.machine import AlreadyUp, DataFolderUnwritable
from domain.paths import path_to_text

NAME = "up.json"


class Running(NamedTuple):
    """A `segue up` that runs: its process and the address it serves."""

    pid: int
    url: str


@contextmanager
def only_one(data_dir: Path, url: str) -> Iterator[None]:
    """Be the one `segue up` of a data folder. Raises AlreadyUp or DataFolderUnwritable."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DataFolderUnwritable(path=path_to_text(data_dir), reason=error.strerror) from error
    try:
        if not _lock(descriptor):
            other = _content(descriptor)
            raise AlreadyUp(path=path_to_text(data_dir), url=other.url, pid=other.pid)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "url": url}).encode())
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def running(data_dir: Path) -> Running | None:
    """The `segue up` of a data folder, None when there is none."""
    try:
        descriptor = os.open(data_dir / NAME, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _lock(descriptor) else _content(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(descriptor: int) -> Running:
    try:
        return Running(**json.loads(os.pread(descriptor, 10_000, 0)))
    except (ValueError, TypeError):  # locked a moment ago, and not written yet
        return Running(0, "starting")
