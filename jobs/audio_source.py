"""Where recordings are: files of this machine, or objects of the storage."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from domain.errors.recordings import AudioMissing
from domain.errors.storage import ObjectNotFound
from domain.paths import path_from_text, path_to_text
from domain.settings import Settings
from jobs.storage.location import REMOTE, open_storage, remote_base
from jobs.storage.protocol import Storage
from jobs.unwritable import unwritable

# Copies of objects while they are heard. What a killed process left there is removed after a day.
FOLDER = "scratch"
ABANDONED_SECONDS = 24 * 3600


class AudioSource:
    """Hands out recordings as local files. Safe to share between threads.

    The catalogue knows a recording by its place: a path as `domain.paths` writes it, or `s3://bucket/prefix/key`.
    """

    def __init__(self, storage: Storage, base: str | None, scratch: Path) -> None:
        """`base`: the address that the places of the storage's objects begin with; None where they are local files."""
        self._storage = storage
        self._base = base
        self._scratch = scratch

    @classmethod
    def of(cls, settings: Settings) -> AudioSource:
        """Raises as `open_storage` does."""
        return cls(open_storage(settings), remote_base(settings), settings.data_dir / FOLDER)

    @property
    def storage(self) -> Storage:
        return self._storage

    def place(self, key: str) -> str:
        """The place of an object."""
        local = self._storage.local_path(key)
        return f"{self._base}{key}" if local is None else path_to_text(local)

    @contextmanager
    def open(self, places: Sequence[str]) -> Iterator[Path]:
        """The first of a track's recordings that is there, as a local file while the block lasts.

        Raises AudioMissing, naming the likeliest, and what the storage raises.
        """
        for place in places:
            if not place.startswith(REMOTE):
                path = path_from_text(place)
                if path.is_file():
                    yield path
                    return
            elif self._base and place.startswith(self._base):
                with ExitStack() as stack:
                    try:
                        path = stack.enter_context(self.fetched(place.removeprefix(self._base)))
                    except ObjectNotFound:
                        continue
                    yield path
                    return
        raise AudioMissing(path=places[0] if places else "its file")

    @contextmanager
    def fetched(self, key: str) -> Iterator[Path]:
        """An object as a local file while the block lasts.

        Raises ObjectNotFound, FileUnwritable or DiskFull, and what the storage raises.
        """
        local = self._storage.local_path(key)
        if local is not None:
            if not local.is_file():
                raise ObjectNotFound(key=key)
            yield local
            return
        with ExitStack() as stack:
            try:
                self._scratch.mkdir(parents=True, exist_ok=True)
                _remove_abandoned(self._scratch)
                folder = stack.enter_context(tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True))
            except OSError as error:
                raise unwritable(self._scratch, error) from error
            copy = Path(folder, "recording" + Path(key).suffix)
            self._storage.fetch(key, copy)
            yield copy


def _remove_abandoned(scratch: Path) -> None:
    oldest = time.time() - ABANDONED_SECONDS
    for folder in scratch.iterdir():
        with suppress(OSError):
            if folder.stat().st_mtime < oldest:
                rmtree(folder, ignore_errors=True)
