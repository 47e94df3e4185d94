"""Imports a folder: what is new is read and written down, what has not changed is not even opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, Engine

from jobs.hearing.limits import Limits
from jobs.hearing.reader import Reader
from jobs.importing.aftermath import settle
from jobs.importing.choices import ImportChoices
from jobs.importing.covers import Covers
from jobs.importing.own_catalogues import require_readable
from jobs.importing.reach import DISK, Reach
from jobs.importing.report import ImportProgress, ImportReport
from jobs.importing.walk import Finding, FoundFile, Walk, walk
from jobs.importing.writing import Writing
from sql.catalogue.file_rows import known_files
from sql.catalogue.folder_rows import mark_returned
from sql.catalogue.imports import Outcome, ReadFile, write_recording
from sql.catalogue.refused_rows import Refusal, forget_refusals, known_refusals, write_refusals
from sql.engine import make_engine
from sql.faults import naming_faults

# What a kill may cost: files are written down together until there are this many, or this much time has passed.
BATCH_FILES = 32
BATCH_SECONDS = 0.5

DEFAULT_LIMITS = Limits()
DEFAULT_CHOICES = ImportChoices()


def import_folder(
    database_url: str,
    path: Path,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    choices: ImportChoices = DEFAULT_CHOICES,
    covers: Covers | None = None,
) -> ImportReport:
    """Import every recording under `path`, a folder or one file, and what a catalogue says of them.

    Files whose path, size and modification time are known are not opened, whether they were imported or refused. May
    be killed at any moment, run again and run several times at once: nothing is lost, and no track is made twice.

    With `covers`, pictures in tags and images beside the recordings are kept, too; a rehearsal only counts them.

    `on_progress` is called before each file and at the end. What a file may cost is in `limits`. Raises FolderNotFound,
    DatabaseUnreachable or DatabaseFull, DecoderNotStarted when no file can be read at all, and CatalogueUnreadable and
    CatalogueColumnMissing for a catalogue that `choices` names, before anything is written.
    """
    return import_files(database_url, walk(path), on_progress, limits=limits, choices=choices, covers=covers)


def import_files(
    database_url: str,
    found: Walk,
    on_progress: Callable[[ImportProgress], None] = lambda progress: None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    choices: ImportChoices = DEFAULT_CHOICES,
    reach: Reach = DISK,
    covers: Covers | None = None,
) -> ImportReport:
    """Import what was found earlier; otherwise as `import_folder`. `reach` says how."""
    engine = make_engine(database_url)
    try:
        with (
            naming_faults(database_url),
            Reader(limits) as reader,
            Writing(engine, rehearsal=choices.dry_run) as writing,
        ):
            if choices.catalogue:
                require_readable(engine, choices.catalogue)
            report = _Import(engine, found, reader, on_progress, choices, writing, reach).run()
            if covers is not None and choices.dry_run:
                with writing.reading() as connection:
                    report.covers = covers.rehearse(engine, connection, found, _showing(found, on_progress))
            elif covers is not None:
                report.covers = covers.take(engine, found, _showing(found, on_progress))
            return report
    finally:
        engine.dispose()


def _showing(found: Walk, on_progress: Callable[[ImportProgress], None]) -> Callable[[Path], None]:
    """Says in whose tags a cover is looked for, now that all files are done."""
    count, size = len(found.files), sum(file.size for file in found.files)
    return lambda path: on_progress(ImportProgress(count, count, size, size, path))


class _Import:
    """One run over what was found."""

    def __init__(
        self,
        engine: Engine,
        found: Walk,
        reader: Reader,
        on_progress: Callable[[ImportProgress], None],
        choices: ImportChoices,
        writing: Writing,
        reach: Reach,
    ) -> None:
        self._engine = engine
        self._found = found
        self._reader = reader
        self._on_progress = on_progress
        self._choices = choices
        self._writing = writing
        self._reach = reach
        self._program = version("segue")
        self._done = self._done_bytes = 0
        self._total_bytes = sum(file.size for file in found.files)
        self._batch: list[ReadFile] = []
        self._refusals: list[Refusal] = []
        self._returned: list[str] = []
        self._written_at = time.monotonic()
        self.report = ImportReport(
            passed_over=found.passed_over, refused=list(found.unreadable), dry_run=choices.dry_run
        )

    def run(self) -> ImportReport:
        to_read = self._leave_known()
        self._tell(to_read[:1])
        for number, (file, read) in enumerate(self._reach.read(to_read, self._reader), 1):
            if isinstance(read, ReadFile):
                self._batch.append(read)
                self.report.flag(file.path, truncated=read.audio.truncated, silent=read.audio.silent)
            else:
                self.report.refused.append(read)
                if read.lasting:
                    self._refusals.append(Refusal(file.place, file.size, file.modified_ns, read.reason))
            self._count(file)
            if self._is_due():
                self._write()
            self._tell(to_read[number : number + 1])
        self._write()
        settle(self._writing, self._found, self._reach, self._choices, self.report)
        self.report.changes = self._writing.rehearsed()
        return self.report

    def _leave_known(self) -> list[FoundFile]:
        """Counts the files that have not changed, names those that were refused as they are, and returns the others."""
        places = {file.place: file for file in self._found.files}
        with self._engine.connect() as connection:
            known = known_files(connection, places)
            refused = {} if self._choices.retry_refused else known_refusals(connection, places, self._program)
        to_read = []
        for place, file in places.items():
            state, refusal = known.get(place), refused.get(place)
            if state and (state.size, state.modified_ns) == (file.size, file.modified_ns):
                self.report.outcomes[Outcome.UNCHANGED] += 1
                self.report.flag(file.path, truncated=state.truncated, silent=state.silent)
                if state.missing:
                    self._returned.append(place)
                    self.report.returned.append(file.path)
                self._count(file)
            elif refusal and (refusal.size, refusal.modified_ns) == (file.size, file.modified_ns):
                self.report.refused.append(Finding(file.path, refusal.reason))
                self._count(file)
            else:
                to_read.append(file)
        return to_read

    def _is_due(self) -> bool:
        if self._writing.is_rehearsal:  # nobody should have to wait for it
            return False
        many = len(self._batch) + len(self._refusals) >= BATCH_FILES
        return many or time.monotonic() - self._written_at > BATCH_SECONDS

    def _write(self) -> None:
        if self._batch or self._refusals or self._returned:
            with self._writing.transaction() as connection:
                self._write_in(connection)
        self._batch, self._refusals, self._returned = [], [], []
        self._written_at = time.monotonic()

    def _write_in(self, connection: Connection) -> None:
        self.report.outcomes.update([write_recording(connection, read) for read in self._batch])
        forget_refusals(connection, [read.file.path for read in self._batch])
        write_refusals(connection, self._refusals, self._program)
        if self._returned:
            mark_returned(connection, self._returned)

    def _count(self, file: FoundFile) -> None:
        self._done += 1
        self._done_bytes += file.size

    def _tell(self, following: Sequence[FoundFile]) -> None:
        current = following[0].path if following else None
        self._on_progress(
            ImportProgress(self._done, len(self._found.files), self._done_bytes, self._total_bytes, current)
        )
