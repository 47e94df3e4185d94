"""Imports a folder: what is new is read and written down, what has not changed is not even opened."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from domain.paths import path_to_text
from jobs.hearing.limits import Limits
from jobs.hearing.reader import Reader
from jobs.importing.reading import read_files
from jobs.importing.report import ImportProgress, ImportReport
from jobs.importing.walk import FoundFile, Walk, walk
from sql.catalogue.file_rows import known_files
from sql.catalogue.imports import Outcome, ReadFile, lock_imports, write_recording
from sql.engine import make_engine
from sql.faults import naming_faults

# What a kill may cost: files are written down together until there are this many, or this much time has passed.
BATCH_FILES = 32
BATCH_SECONDS = 0.5

DEFAULT_LIMITS = Limits()


def import_folder(
    database_url: str,
    path: Path,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> ImportReport:
    """Import every recording under `path`, a folder or one file.

    Files whose path, size and modification time are known are not opened. May be killed at any moment, run again and
    run several times at once: nothing is lost, and no track is made twice.

    `on_progress` is called before each file and at the end. What a file may cost is in `limits`. Raises FolderNotFound,
    DatabaseUnreachable or DatabaseFull, and DecoderNotStarted when no file can be read at all.
    """
    return import_files(database_url, walk(path), on_progress, limits=limits)


def import_files(
    database_url: str,
    found: Walk,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> ImportReport:
    """Import what was found earlier; otherwise as `import_folder`."""
    engine = make_engine(database_url)
    try:
        with naming_faults(database_url), Reader(limits) as reader:
            return _Import(engine, found, reader, on_progress).run()
    finally:
        engine.dispose()


class _Import:
    """One run over what was found."""

    def __init__(
        self, engine: Engine, found: Walk, reader: Reader, on_progress: Callable[[ImportProgress], None]
    ) -> None:
        self._engine = engine
        self._found = found
        self._reader = reader
        self._on_progress = on_progress
        self._done = self._done_bytes = 0
        self._total_bytes = sum(file.size for file in found.files)
        self._batch: list[ReadFile] = []
        self._written_at = time.monotonic()
        self.report = ImportReport(passed_over=found.passed_over, refused=list(found.unreadable))

    def run(self) -> ImportReport:
        to_read = self._leave_unchanged()
        self._tell(to_read[:1])
        for number, (file, read) in enumerate(read_files(to_read, self._reader), 1):
            if isinstance(read, ReadFile):
                self._batch.append(read)
                self.report.flag(file.path, truncated=read.audio.truncated, silent=read.audio.silent)
            else:
                self.report.refused.append(read)
            self._count(file)
            if number == len(to_read) or self._is_due():
                self._write()
            self._tell(to_read[number : number + 1])
        return self.report

    def _leave_unchanged(self) -> list[FoundFile]:
        """Counts the files that have not changed, and returns the others."""
        texts = {path_to_text(file.path): file for file in self._found.files}
        with self._engine.connect() as connection:
            known = known_files(connection, texts)
        to_read = []
        for path, file in texts.items():
            state = known.get(path)
            if state and (state.size, state.modified_ns) == (file.size, file.modified_ns):
                self.report.outcomes[Outcome.UNCHANGED] += 1
                self.report.flag(file.path, truncated=state.truncated, silent=state.silent)
                self._count(file)
            else:
                to_read.append(file)
        return to_read

    def _is_due(self) -> bool:
        return len(self._batch) >= BATCH_FILES or time.monotonic() - self._written_at > BATCH_SECONDS

    def _write(self) -> None:
        if self._batch:
            with self._engine.begin() as connection:
                lock_imports(connection)
                outcomes = [write_recording(connection, read) for read in self._batch]
            self.report.outcomes.update(outcomes)
            self._batch.clear()
        self._written_at = time.monotonic()

    def _count(self, file: FoundFile) -> None:
        self._done += 1
        self._done_bytes += file.size

    def _tell(self, following: list[FoundFile]) -> None:
        current = following[0].path if following else None
        self._on_progress(
            ImportProgress(self._done, len(self._found.files), self._done_bytes, self._total_bytes, current)
        )
