"""The import job: brings files or an uploaded object into the catalogue, and asks for what is new to be embedded."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import dramatiq

from domain.errors.machine import FolderNotFound
from domain.jobs import JobStatus
from domain.paths import path_from_text, path_to_text
from domain.settings import Settings
from domain.spaces import DEFAULT_SPACE
from jobs.audio_source import AudioSource
from jobs.embed_job import request_embedding
from jobs.hearing.limits import Limits
from jobs.importing.covers import Covers
from jobs.importing.importer import import_files
from jobs.importing.report import ImportProgress
from jobs.importing.stored import import_object
from jobs.importing.walk import Finding, Walk, add
from jobs.lanes import Lanes
from jobs.queue import IMPORT_FILES, QUEUES
from jobs.whole_job import WholeJob, run_whole_job
from sql.catalogue.imports import Outcome
from sql.queue.import_jobs import is_something_missing
from sql.queue.whole_jobs import Counts

log = logging.getLogger(__name__)

TELL_SECONDS = 1.0
ONE_FILE = Counts(total=1, done=0, failed=0)


class ImportJobs:
    """The importing that one worker process does.

    A job's arguments say what to import: `key`, an object of the storage, or `paths`, files and folders of this
    machine. When the worker stops or the job is cancelled, it is left between two files.
    """

    def __init__(self, lanes: Lanes, *, database_url: str, settings: Settings, audio: AudioSource) -> None:
        self._lanes = lanes
        self._database_url = database_url
        self._index_threshold = settings.index_threshold
        self._limits = Limits.of(settings)
        self._audio = audio

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=IMPORT_FILES, queue_name=QUEUES[IMPORT_FILES])
        declare(self.import_files)

    def import_files(self, job_id: str, lane_id: str | None = None) -> None:
        """Run the job to its end, unless it has ended or another worker has it in hand."""
        run_whole_job(self._lanes, IMPORT_FILES, job_id, lane_id, self._import)

    def _import(self, job: WholeJob) -> None:
        if "key" in job.arguments:
            self._import_object(job)
        else:
            self._import_paths(job)

    def _import_object(self, job: WholeJob) -> None:
        key: str = job.arguments["key"]
        job.tell(ONE_FILE, Path(key).name)
        outcome = import_object(self._lanes.engine, self._audio, key, self._limits)
        log.info("Imported '%s' (%s)", key, outcome, extra=job.about)
        self._finish(job, ONE_FILE._replace(done=1), None, only_file=self._audio.place(key))

    def _import_paths(self, job: WholeJob) -> None:
        found = Walk()
        for path in map(path_from_text, job.arguments["paths"]):
            try:
                add(path, found)
            except FolderNotFound:
                found.unreadable.append(Finding(path, "it is not there any more"))
        told_at = 0.0

        def on_progress(progress: ImportProgress) -> None:
            nonlocal told_at
            job.check()
            if progress.current is None or time.monotonic() - told_at >= TELL_SECONDS:
                told_at = time.monotonic()
                counts = Counts(progress.total + len(found.unreadable), progress.done, len(found.unreadable))
                job.tell(counts, path_to_text(progress.current) if progress.current else None)

        covers = Covers(self._audio, self._limits)
        report = import_files(self._database_url, found, on_progress, limits=self._limits, covers=covers)
        done = sum(report.outcomes.values())
        refused = report.refused
        for finding in refused:
            log.warning("Refused %s: %s", path_to_text(finding.path), finding.reason, extra=job.about)
        error = _told(refused) if refused else None
        log.info("Imported %d files, %d new", done, report.outcomes[Outcome.NEW], extra=job.about)
        self._finish(job, Counts(done + len(refused), done, len(refused)), error)

    def _finish(self, job: WholeJob, counts: Counts, error: str | None, only_file: str | None = None) -> None:
        """What was imported is embedded before the job ends: a kill in between loses nothing. Uploads come one by one,
        so each looks at its own track only, `only_file`."""
        job.tell(counts, None)
        if self._lanes.transact(lambda connection: is_something_missing(connection, DEFAULT_SPACE, only_file)):
            request_embedding(
                *(self._lanes.engine, self._lanes.queue, DEFAULT_SPACE),
                index_threshold=self._index_threshold,
                retry_failed=False,
                only_file=only_file,
            )
        failed = counts.failed > 0 and counts.done == 0
        job.end(JobStatus.FAILED if failed else JobStatus.SUCCEEDED, counts, error)


def _told(refused: list[Finding]) -> str:
    first = f"'{path_to_text(refused[0].path)}': {refused[0].reason}"
    return first if len(refused) == 1 else f"{len(refused)} files were refused; the first is {first}"
