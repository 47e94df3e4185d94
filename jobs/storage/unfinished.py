"""Files that appear when they are complete, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from jobs.unwritable import unwritable


class UnfinishedFile:
    """A file that is written under another name in `folder`, and renamed when it is complete.

    Left without `move_to`, it vanishes. `size` (bytes) and `sha256` (hex) are of what has been written so far. Raises
    OSError.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f".{uuid4().hex}.part"
        self._digest = hashlib.sha256()
        self._file = self._path.open("xb")
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def sync(self) -> None:
        """Return when what was written would survive a power cut."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def move_to(self, target: Path) -> None:
        """Become `target`, in place of an older file. Call `sync` before."""
        self._path.replace(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A full disk refuses what is still buffered; the error that matters is on its way already.
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)


def write_file(target: Path, chunks: Iterator[bytes], check: Callable[[str], None]) -> str:
    """Write a file whole, in place of an older one; returns its SHA-256 (hex).

    `check` is called with it before the file appears, and raises what keeps it from appearing. So may `chunks`, but
    no OSError: those are of `target`. Raises FileUnwritable or DiskFull.
    """
    try:
        with UnfinishedFile(target.parent) as unfinished:
            for chunk in chunks:
                unfinished.write(chunk)
            check(unfinished.sha256)
            unfinished.sync()
            unfinished.move_to(target)
            sync_folder(target.parent)
            return unfinished.sha256
    except OSError as error:
        raise unwritable(target, error) from error


def sync_folder(folder: Path) -> None:
    """Return when the names in `folder` would survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
