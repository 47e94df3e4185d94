"""Reading one file after the other: its hash ahead in a thread of its own, its audio in this one."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from domain.errors import UnusableAudio
from domain.paths import path_to_text
from jobs.importing.metadata import describe
from jobs.importing.walk import Finding, FoundFile
from ml.probe import is_silent, is_truncated, probe
from sql.file_rows import FileState
from sql.imports import Audio, ReadFile

log = logging.getLogger(__name__)

# While one file is demuxed (Python holds the interpreter), the next are read from disk and hashed (which does not).
# Demuxing in two threads was slower than in one: 0.37 s against 0.26 s for twenty minutes of M4A.
FILES_AHEAD = 2

# An entry of the index of paths holds 2,704 bytes, and an album's folder shares one with its title.
LONGEST_PATH = 2_000


def read_files(files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, ReadFile | Finding]]:
    """Each file with what it holds, or why it is refused; in order."""
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
            yield file, _read(file.path, state)
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


def _read(path: Path, hashed: Future[FileState]) -> ReadFile | Finding:
    try:
        state = hashed.result()
        if len(state.path.encode()) > LONGEST_PATH:
            return Finding(path, f"its path is longer than {LONGEST_PATH} bytes")
        recording = probe(path)
        audio = Audio(
            content_hash=recording.content_hash,
            codec=recording.codec,
            sample_rate=recording.sample_rate,
            channels=recording.channels,
            duration_seconds=recording.packet_seconds,
            truncated=is_truncated(recording),
            silent=is_silent(path),
        )
        return ReadFile(state, audio, describe(path, recording.tags))
    except UnusableAudio as error:
        return Finding(path, error.details.get("reason", "it holds no audio"))
    except OSError as error:
        return Finding(path, error.strerror or "it cannot be read")
    except Exception as error:
        # One file that trips a decoder in a way nobody foresaw must not keep the archive out.
        log.exception("reading %s", path_to_text(path))
        return Finding(path, f"reading it failed unexpectedly ({type(error).__name__}: {error})")
