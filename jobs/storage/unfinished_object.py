"""Objects of a folder while they are written."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from jobs.storage.checksums import Checksums
from jobs.storage.folder_errors import naming_errors
from jobs.storage.folder_lock import changing
from jobs.storage.tickets import UploadGrant, check_size
from jobs.storage.unfinished import UnfinishedFile, sync_folder

# Where unfinished files lie. What a killed process left there is removed after a day.
FOLDER = ".unfinished"
ABANDONED_SECONDS = 24 * 3600


class UnfinishedObject:
    """An object that nobody sees before `finish`, and nobody ever without it. Enter it with `with`.

    `grant`: what an upload may be. Raises UploadRefused when it is more or nothing, and the storage's errors.
    """

    def __init__(self, root: Path, key: str, grant: UploadGrant | None = None) -> None:
        self._root = root
        self._key = key
        self._grant = grant
        with self._naming_errors():
            folder = root / FOLDER
            folder.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(folder)
            self._file = UnfinishedFile(folder)

    def write(self, chunk: bytes) -> None:
        if self._grant and chunk:
            check_size(self._grant, self._file.size + len(chunk))
        with self._naming_errors():
            self._file.write(chunk)

    def finish(self) -> str:
        """Become the object of the key, in place of an older one; returns the SHA-256 (hex)."""
        if self._grant:
            check_size(self._grant, self._file.size)
        sha256 = self._file.sha256
        target = self._root / self._key
        with self._naming_errors():
            self._file.sync()
            with changing(self._root):
                Checksums(self._root).add(self._key, sha256)
                target.parent.mkdir(parents=True, exist_ok=True)
                self._file.move_to(target)
                for folder in target.parents:
                    sync_folder(folder)
                    if folder == self._root:
                        break
        return sha256

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def _naming_errors(self) -> AbstractContextManager[None]:
        return naming_errors(self._root, "write", self._key)


def _remove_abandoned(folder: Path) -> None:
    oldest = time.time() - ABANDONED_SECONDS
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
