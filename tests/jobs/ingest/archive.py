"""A database with its queue and storage, into which recordings come."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from domain.jobs import Job, JobStatus
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.import_job import ImportJobs
from jobs.ingest import Ingest
from jobs.lanes import Lanes
from jobs.queue import JobQueue
from sql.database import Database
from sql.queue.job_reads import JobReads
from sql.queue.job_writes import JobWrites
from tests.ml.recordings import sine, write

KEY = "audio/incoming/2f1c/03 - Largo.flac"


def record(path: Path, frequency: float = 440.0, seconds: float = 4.0, **tags: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, sine(seconds, 16_000, frequency)[None], 16_000, layout="mono", tags=tags)


class Archive:
    """A database with its queue, its storage, and a worker that is called instead of waited for."""

    def __init__(self, engine: Engine, queue: JobQueue, database: Database, settings: Settings) -> None:
        self.engine = engine
        self.queue = queue
        self.jobs = JobReads(database)
        self.writes = JobWrites(database)
        self.ingest = Ingest(self.writes, queue)
        self.audio = AudioSource.of(settings)
        self.stopping = threading.Event()
        self.lanes = Lanes(engine, queue, process="here:1", stopping=self.stopping, resting=threading.Event())
        assert settings.database_url
        self.worker = ImportJobs(self.lanes, database_url=settings.database_url, settings=settings, audio=self.audio)

    def store(self, path: Path, key: str = KEY) -> str:
        return self.audio.storage.put(key, path)

    async def run(self, job: Job, lane: UUID | None = None) -> Job:
        """The job after a worker had it."""
        self.worker.import_files(str(job.id), str(lane) if lane else None)
        return (await self.jobs.jobs([job.id]))[job.id]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def messages(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT message ->> 'actor_name', message -> 'args' ->> 0 FROM dramatiq.queue ORDER BY mtime")


def outcome(job: Job) -> tuple[JobStatus, int, int, int, str | None]:
    return job.status, job.total, job.done, job.failed, job.error
