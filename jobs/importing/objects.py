"""An archive that lies in the storage: objects under a prefix, found and read as files are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors.catalogues import CatalogueUnreadable, PrefixElsewhere
from domain.errors.machine import DecoderKilled, FolderNotFound
from domain.errors.recordings import AudioMissing, UnusableAudio
from domain.errors.storage import ObjectNotFound
from domain.paths import path_from_text
from jobs.audio_source import AudioSource
from jobs.hearing.reader import Reader
from jobs.importing.catalogue.columns import ColumnMapping
from jobs.importing.catalogue.source import CatalogueSource, open_catalogue
from jobs.importing.metadata import describe
from jobs.importing.reach import Reach
from jobs.importing.reading import audio_of, file_state
from jobs.importing.walk import CATALOGUE_NAMES, OBJECTS, Finding, FoundFile, Walk, is_candidate, place_of
from jobs.storage.location import REMOTE
from jobs.storage.protocol import StoredObject
from sql.catalogue.descriptions import Description
from sql.catalogue.file_rows import FileState
from sql.catalogue.imports import ReadFile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ObjectArchive:
    """The objects of a storage whose places begin with a prefix, such as "s3://bucket/recordings"."""

    def __init__(self, audio: AudioSource, prefix: str) -> None:
        """Raises PrefixElsewhere for a prefix that is not in the storage."""
        base = audio.place("x").removesuffix("x")
        place = prefix.rstrip("/") + "/"
        if not base.startswith(REMOTE) or not place.startswith(base):
            raise PrefixElsewhere(prefix=prefix, base=base)
        self._audio = audio
        self._place = place
        self._prefix = place.removeprefix(base)

    @property
    def reach(self) -> Reach:
        return Reach(self.read, self.open_catalogue)

    def walk(self) -> Walk:
        """What lies under the prefix, in the order of the keys. Raises FolderNotFound where nothing does, and what the
        storage raises."""
        folder = object_path(self._place)
        found = Walk(folders=[folder])
        empty = True
        for stored in self._audio.storage.list(self._prefix):
            empty = False
            path = object_path(self._audio.place(stored.key))
            if is_candidate(path.name):
                found.files.append(FoundFile(path, stored.size, nanoseconds(stored), stored.key))
            elif path.parent == folder and path.name.casefold() in CATALOGUE_NAMES:
                found.catalogues.append(path)
            else:
                found.passed_over += 1
        if empty:
            raise FolderNotFound(path=self._place)
        return found

    def read(self, files: Sequence[FoundFile], reader: Reader) -> Iterator[tuple[FoundFile, ReadFile | Finding]]:
        """Each object with what it holds, or why it is refused; in order. Raises DecoderNotStarted, and what the
        storage raises."""
        for file in files:
            yield file, self._read(file, reader)

    def open_catalogue(self, path: Path, mapping: ColumnMapping) -> CatalogueSource:
        """A catalogue among the objects. Raises CatalogueUnreadable, and what the storage raises."""
        place = place_of(path)
        key = self._prefix + place.removeprefix(self._place)
        try:
            with self._audio.fetched(key) as copy:
                return replace(open_catalogue(copy, mapping), place=place)
        except ObjectNotFound as error:
            raise CatalogueUnreadable(path=place, reason="it is not there any more") from error

    def _read(self, file: FoundFile, reader: Reader) -> ReadFile | Finding:
        fetched = False
        try:
            with self._audio.fetched(file.key or "") as copy:
                state = file_state(copy)
                fetched = True
                recording, silent = reader.read(copy)
        except ObjectNotFound:
            return Finding(file.path, "it is not there any more")
        except UnusableAudio as error:
            lasting = fetched and not isinstance(error, AudioMissing)
            return Finding(file.path, error.details.get("reason", "it holds no audio"), lasting=lasting)
        except DecoderKilled as error:
            return Finding(file.path, f"the process that read it was killed from outside ({error.details['signal']})")
        return ReadFile(
            FileState(file.place, state.size, file.modified_ns, state.file_hash),
            audio_of(recording, silent=silent),
            _in_storage(describe(file.path, recording.tags)),
        )


def object_path(place: str) -> Path:
    """The path that stands for a place of the storage; `jobs.importing.walk.place_of` is the way back."""
    return Path(f"/{OBJECTS}") / path_from_text(place.removeprefix(REMOTE))


def nanoseconds(stored: StoredObject) -> int:
    """When an object was last written, as files have it."""
    return (stored.modified - EPOCH) // timedelta(microseconds=1) * 1000


def _in_storage(said: Description) -> Description:
    """With the album's folder as a place."""
    return replace(said, album=replace(said.album, folder=place_of(path_from_text(said.album.folder))))
