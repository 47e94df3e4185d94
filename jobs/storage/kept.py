"""Copies of objects that never change, kept on this machine under their SHA-256."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from domain.errors.storage import ObjectNotFound
from jobs.storage.protocol import Storage

# On Lambda the folder lies in 512 MB of /tmp, and an artefact of a small archive takes a few.
MOST = 16


class KeptObjects:
    """Objects of one storage, fetched once for as long as the folder lasts: on Lambda that is longer than a process,
    since a function that failed or ran out of time is started again in the same place. Safe to share between threads.
    """

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder = folder
        self._most = most

    def read(self, storage: Storage, key: str, sha256: str) -> bytes:
        """The bytes of an object, which are to have that SHA-256 (hex); whether they do is checked for a kept copy
        only. Raises what `Storage.fetch` does."""
        local = storage.local_path(key)
        if local is not None:
            try:
                return local.read_bytes()
            except FileNotFoundError:
                raise ObjectNotFound(key=key) from None
        kept = self._folder / sha256
        with suppress(FileNotFoundError):
            data = kept.read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                return data
        self._folder.mkdir(parents=True, exist_ok=True)
        storage.fetch(key, kept)
        self._forget_oldest()
        return kept.read_bytes()

    def _forget_oldest(self) -> None:
        files = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        for file in files[: -self._most]:
            file.unlink(missing_ok=True)
