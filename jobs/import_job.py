"""The import job: brings files or an uploaded object into the catalogue, and asks for what is new to be embedded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import dramatiq
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.errors.base import SegueError
from domain.errors.machine import FolderNotFound
from domain.jobs import JobStatus
from domain.paths import path_from_text, path_to_text
from domain.settings import Settings
from domain.spaces import DEFAULT_SPACE
from jobs.audio_source import AudioSource
from jobs.brokers.retrying import may_pass
from jobs.embed_job import request_embedding
from jobs.hearing.limits import Limits
from jobs.importing.importer import import_files
from jobs.importing.report import ImportProgress
from jobs.importing.stored import import_object
from jobs.importing.walk import Finding, Walk, add
from jobs.queue import IMPORT_FILES, QUEUES, JobQueue
from jobs.transactions import transact
from sql.catalogue.imports import Outcome
from sql.queue.import_jobs import (
    Counts,
    begin_import,
    end_import,
    give_back_import,
    is_something_missing,
    running_import,
    tell_import,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

TELL_SECONDS = 1.0
# A job that kills its worker is given up after so many.
MAX_ATTEMPTS = 5
ONE_FILE = Counts(total=1, done=0, failed=0)


class CalledOff(Exception):
    """The job was cancelled."""


class Stopping(Exception):
    """This process stops."""


class ImportJobs:
    """Runs import jobs in one worker process.

    The job's arguments say what to import: `key`, an object of the storage, or `paths`, files and folders of this
    machine. Once `stopping` is set, a job is given back between two files.
    """

    def __init__(
        self,
        engine: Engine,
        queue: JobQueue,
        *,
        database_url: str,
        settings: Settings,
        audio: AudioSource,
        stopping: threading.Event,
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._database_url = database_url
        self._index_threshold = settings.index_threshold
        self._limits = Limits.of(settings)
        self._audio = audio
        self._stopping = stopping

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=IMPORT_FILES, queue_name=QUEUES[IMPORT_FILES])
        declare(self.import_files)

    def import_files(self, job_id: str, lane_id: str | None = None) -> None:
        """Run the job to its end, unless it has ended or another worker runs it.

        `lane_id` comes with the sweeper's messages, and says nothing here: it is a lock that keeps others out.

        What may pass is raised, so that the message is retried; anything else makes the job FAILED.
        """
        id_ = UUID(job_id)
        with running_import(self._engine, id_) as alone:
            if not alone:
                return
            arguments = self._transact(lambda connection: begin_import(connection, id_))
            if arguments is None:
                return
            about = {"job_id": job_id, "attempt": arguments["attempts"]}
            try:
                if arguments["attempts"] > MAX_ATTEMPTS:
                    self._end(id_, JobStatus.FAILED, ONE_FILE, f"it was tried {MAX_ATTEMPTS} times, and never ended")
                elif "key" in arguments:
                    self._import_object(id_, arguments)
                else:
                    self._import_paths(id_, arguments)
            except CalledOff:
                log.info("Import called off", extra=about)
            except Stopping:
                self._transact(lambda connection: give_back_import(connection, id_))
            except Exception as error:
                if may_pass(error) and (arguments["attempts"] < MAX_ATTEMPTS or isinstance(error, DBAPIError)):
                    raise
                expected = isinstance(error, SegueError)
                log.log(
                    logging.WARNING if expected else logging.ERROR, "Cannot import: %s", error,
                    exc_info=not expected, extra=about,
                )  # fmt: skip
                reason = str(error) if expected else f"{type(error).__name__}: {error}"
                self._end(id_, JobStatus.FAILED, ONE_FILE._replace(failed=1), reason)

    def _import_object(self, job_id: UUID, arguments: dict[str, Any]) -> None:  # Any: JSON
        key: str = arguments["key"]
        self._tell(job_id, ONE_FILE, Path(key).name)
        outcome = import_object(self._engine, self._audio, key, self._limits)
        log.info("Imported '%s' (%s)", key, outcome, extra={"job_id": str(job_id)})
        self._finish(job_id, ONE_FILE._replace(done=1), None)

    def _import_paths(self, job_id: UUID, arguments: dict[str, Any]) -> None:  # Any: JSON
        found = Walk()
        for path in map(path_from_text, arguments["paths"]):
            try:
                add(path, found)
            except FolderNotFound:
                found.unreadable.append(Finding(path, "it is not there any more"))
        told_at = 0.0

        def on_progress(progress: ImportProgress) -> None:
            nonlocal told_at
            if self._stopping.is_set():
                raise Stopping
            if progress.current is None or time.monotonic() - told_at >= TELL_SECONDS:
                told_at = time.monotonic()
                counts = Counts(progress.total + len(found.unreadable), progress.done, len(found.unreadable))
                self._tell(job_id, counts, path_to_text(progress.current) if progress.current else None)

        report = import_files(self._database_url, found, on_progress, limits=self._limits)
        done = sum(report.outcomes.values())
        refused = report.refused
        for finding in refused:
            log.warning("Refused %s: %s", path_to_text(finding.path), finding.reason, extra={"job_id": str(job_id)})
        error = _told(refused) if refused else None
        log.info("Imported %d files, %d new", done, report.outcomes[Outcome.NEW], extra={"job_id": str(job_id)})
        self._finish(job_id, Counts(done + len(refused), done, len(refused)), error)

    def _tell(self, job_id: UUID, counts: Counts, current: str | None) -> None:
        if not self._transact(lambda connection: tell_import(connection, job_id, counts, current)):
            raise CalledOff

    def _finish(self, job_id: UUID, counts: Counts, error: str | None) -> None:
        """What was imported is embedded before the job ends: a kill in between loses nothing."""
        if self._transact(lambda connection: is_something_missing(connection, DEFAULT_SPACE)):
            request_embedding(
                self._engine, self._queue, DEFAULT_SPACE, index_threshold=self._index_threshold, retry_failed=False
            )
        failed = counts.failed > 0 and counts.done == 0
        self._end(job_id, JobStatus.FAILED if failed else JobStatus.SUCCEEDED, counts, error)

    def _end(self, job_id: UUID, status: JobStatus, counts: Counts, error: str | None) -> None:
        self._transact(lambda connection: end_import(connection, job_id, status, counts, error))

    def _transact(self, work: Callable[[Connection], T]) -> T:
        return transact(self._engine, work, stopping=self._stopping)


def _told(refused: list[Finding]) -> str:
    first = f"'{path_to_text(refused[0].path)}': {refused[0].reason}"
    return first if len(refused) == 1 else f"{len(refused)} files were refused; the first is {first}"
