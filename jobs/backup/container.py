"""What a backup lies in: a folder, or one ZIP file where its name ends so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from domain.errors.backups import BackupExists, BackupUnreadable
from domain.errors.machine import FolderNotFound
from jobs.unwritable import unwritable

ZIP = ".zip"
# A backup holds the keys that sign tokens.
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


class Members(Protocol):
    """The members of a backup, by names such as "tables/tracks"."""

    def write(self, name: str) -> IO[bytes]: ...

    def read(self, name: str) -> IO[bytes]:
        """Raises KeyError or OSError when there is no such member."""


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, name: str) -> IO[bytes]:
        file = self._path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("wb")

    def read(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")


class _Zip:
    def __init__(self, file: ZipFile) -> None:
        self._file = file

    def write(self, name: str) -> IO[bytes]:
        return self._file.open(name, "w", force_zip64=True)

    def read(self, name: str) -> IO[bytes]:
        return self._file.open(name)


@contextmanager
def new_backup(path: Path) -> Iterator[Members]:
    """A backup at `path`, which appears when the block has ended without an error.

    Raises BackupExists, and FileUnwritable or DiskFull.
    """
    if path.exists():
        raise BackupExists(path=path)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        _remove(unfinished)
        if path.suffix == ZIP:
            unfinished.touch(PRIVATE_FILE)
            with ZipFile(unfinished, "w", ZIP_DEFLATED, compresslevel=1) as file:
                yield _Zip(file)
        else:
            unfinished.mkdir(PRIVATE_FOLDER, parents=True)
            yield _Folder(unfinished)
        unfinished.rename(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        _remove(unfinished)


@contextmanager
def opened_backup(path: Path) -> Iterator[Members]:
    """The backup at `path`. Raises FolderNotFound and BackupUnreadable."""
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.exists():
        raise FolderNotFound(path=path)
    try:
        with ZipFile(path) as file:
            yield _Zip(file)
    except BadZipFile as error:
        raise BackupUnreadable(path=path, reason=str(error)) from error


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
