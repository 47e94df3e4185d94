"""Reading one file after the other: its hash ahead in a thread of its own, its audio in a process of its own."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from domain.errors.machine import DecoderKilled
from domain.errors.recordings import AudioMissing, UnusableAudio
from domain.paths import path_to_text
from jobs.hearing.reader import Reader
from jobs.importing.metadata import describe
from jobs.importing.walk import Finding, FoundFile
from ml.probe import Recording, is_truncated
from sql.catalogue.file_rows import FileState
from sql.catalogue.imports import Audio, ReadFile

# While one file is demuxed, the next are read from disk and hashed.
FILES_AHEAD = 2

# An entry of the index of paths holds 2,704 bytes, and an album's folder shares one with its title.
LONGEST_PATH = 2_000


def read_files(files: Sequence[FoundFile], reader: Reader) -> Iterator[tuple[FoundFile, ReadFile | Finding]]:
    """Each file with what it holds, or why it is refused; in order. Raises DecoderNotStarted."""
    waiting = iter(files)
    ahead: deque[tuple[FoundFile, Future[FileState]]] = deque()
    pool = ThreadPoolExecutor(1, thread_name_prefix="hash")
    try:
        while True:
            while len(ahead) <= FILES_AHEAD and (file := next(waiting, None)):
                ahead.append((file, pool.submit(file_state, file.path)))
            if not ahead:
                return
            file, state = ahead.popleft()
            yield file, _read(file.path, state, reader)
    finally:
        pool.shutdown(cancel_futures=True)


def file_state(path: Path) -> FileState:
    """Size, time and hash of a file. Raises UnusableAudio when it cannot be read or changes meanwhile."""
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256")
            after = os.fstat(file.fileno())
    except OSError as error:
        raise UnusableAudio(path=path, reason=error.strerror or "it cannot be read") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnusableAudio(path=path, reason="it is still being written; import again when it is complete")
    return FileState(path_to_text(path), after.st_size, after.st_mtime_ns, digest.hexdigest())


def audio_of(recording: Recording, *, silent: bool) -> Audio:
    """What the catalogue keeps of a recording that was read."""
    return Audio(
        content_hash=recording.content_hash,
        codec=recording.codec,
        sample_rate=recording.sample_rate,
        channels=recording.channels,
        duration_seconds=recording.packet_seconds,
        truncated=is_truncated(recording),
        silent=silent,
    )


def _is_hashed(hashed: Future[FileState]) -> bool:
    """Whether the file could be read to its end, so that what is wrong is what it holds."""
    return hashed.done() and hashed.exception() is None


def _read(path: Path, hashed: Future[FileState], reader: Reader) -> ReadFile | Finding:
    try:
        state = hashed.result()
        if len(state.path.encode()) > LONGEST_PATH:
            return Finding(path, f"its path is longer than {LONGEST_PATH} bytes")
        recording, silent = reader.read(path)
        return ReadFile(state, audio_of(recording, silent=silent), describe(path, recording.tags))
    except UnusableAudio as error:
        heard = _is_hashed(hashed) and not isinstance(error, AudioMissing)
        return Finding(path, error.details.get("reason", "it holds no audio"), lasting=heard)
    except DecoderKilled as error:
        return Finding(path, f"the process that read it was killed from outside ({error.details['signal']})")
    except OSError as error:
        return Finding(path, error.strerror or "it cannot be read")
