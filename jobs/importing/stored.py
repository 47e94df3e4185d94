"""Imports one object of the storage: an upload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from sqlalchemy import Engine

from domain.errors.base import SegueError
from domain.errors.recordings import UnusableAudio
from jobs.audio_source import AudioSource
from jobs.hearing.limits import Limits
from jobs.hearing.reader import Reader
from jobs.importing.covers import Covers
from jobs.importing.metadata import describe
from jobs.importing.reading import audio_of, file_state
from jobs.storage.protocol import StoredObject
from sql.catalogue.file_rows import FileState, known_files
from sql.catalogue.imports import Outcome, ReadFile, lock_imports, write_recording

# Uploads come without a folder. Those that name their album in their tags are on that one, the others on this.
FOLDER = Path("Uploads")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def import_object(engine: Engine, audio: AudioSource, key: str, limits: Limits) -> Outcome:
    """Import the object as it is now, with the picture in its tags; one that has not changed since is not read again.

    May be killed at any moment and run again. Raises ObjectNotFound, UnusableAudio in its several kinds, what the
    storage raises, and DecoderNotStarted or DecoderKilled.
    """
    stored = audio.storage.stat(key)
    place, modified_ns = audio.place(key), _nanoseconds(stored)
    with engine.connect() as connection:
        known = known_files(connection, [place]).get(place)
    covers = Covers(audio, limits)
    if known and (known.size, known.modified_ns) == (stored.size, modified_ns):
        covers.take_one(engine, place)
        return Outcome.UNCHANGED
    name = PurePosixPath(key).name
    with audio.fetched(key) as path:
        try:
            state = file_state(path)
            with Reader(limits) as reader:
                recording, silent = reader.read(path)
        except UnusableAudio as error:
            raise _about(name, error) from error
        read = ReadFile(
            FileState(place, state.size, modified_ns, state.file_hash),
            audio_of(recording, silent=silent),
            describe(FOLDER / name, recording.tags),
        )
        with engine.begin() as connection:
            lock_imports(connection)
            outcome = write_recording(connection, read)
        covers.take_one(engine, place, path)
    return outcome


def _about(name: str, error: UnusableAudio) -> SegueError:
    """The same error, of what its sender calls the file."""
    return type(error)(**error.details | {"path": name})


def _nanoseconds(stored: StoredObject) -> int:
    return (stored.modified - EPOCH) // timedelta(microseconds=1) * 1000
