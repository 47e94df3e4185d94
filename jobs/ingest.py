"""Ingestion: what arrives becomes an import job, once, however often its arrival is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePath
from uuid import UUID, uuid4, uuid5

import anyio.to_thread

from domain.errors.curators import ImportNotAllowed
from domain.errors.machine import FolderNotFound
from domain.errors.storage import UploadRefused
from domain.ids import shortened
from domain.jobs import Job, JobStatus
from domain.paths import path_to_text
from jobs.importing.walk import AUDIO_SUFFIXES, FoundFile
from jobs.queue import IMPORT_FILES, JobQueue
from sql.queue.job_writes import JobWrites

# The ids of jobs that stand for an arrival are made of what arrived, so that its second telling finds the first's job.
ARRIVALS = UUID("5a7e5e9b-1c43-4d5f-9a3e-0d6a1f0c2b77")


class Ingest:
    """Asks workers to import.

    The row is written first, and a message sent while nobody has taken the job up. Every call may raise
    DatabaseUnreachable or BrokerUnreachable and may then be made again; a job that is there without its message is
    found by a worker.
    """

    def __init__(self, jobs: JobWrites, queue: JobQueue) -> None:
        self._jobs = jobs
        self._queue = queue

    async def expect_object(self, key: str) -> Job:
        """The job that will import an object of the storage when it arrives; it waits until then."""
        return await self._jobs.await_upload(_job_of_object(key), key)

    async def object_arrived(self, key: str, version: str) -> Job:
        """An object of the storage was written; `version` tells its contents apart (an ETag, version id or hash).

        The first version is imported by the job that waited for it, each other one by a job of its own.
        """
        job, is_its_version = await self._jobs.object_arrived(_job_of_object(key), key, version)
        if not is_its_version:
            other_id = _job_of_object(key, version)
            job = await self._jobs.request_import(other_id, {"key": key, "version": version})
        return await self._send(job)

    async def files_arrived(self, files: Sequence[FoundFile]) -> Job:
        """Files of this machine are new, or have changed, and are complete."""
        states = sorted((path_to_text(file.path), file.size, file.modified_ns) for file in files)
        job_id = uuid5(ARRIVALS, json.dumps(["files", states]))
        return await self._send(await self._jobs.request_import(job_id, {"paths": [path for path, *_ in states]}))

    async def import_path(self, path: Path) -> Job:
        """Import a folder or file of the workers' machine; joins a job that waits to do just that."""
        arguments = {"paths": [path_to_text(path)]}
        return await self._send(await self._jobs.join_or_request_import(uuid4(), arguments))

    async def _send(self, job: Job) -> Job:
        if job.status is JobStatus.WAITING:
            await anyio.to_thread.run_sync(self._queue.enqueue, IMPORT_FILES, job.id)
        return job


def _job_of_object(*key_and_version: str) -> UUID:
    return uuid5(ARRIVALS, json.dumps(["object", *key_and_version]))


def allowed_path(path: str, roots: Sequence[Path]) -> Path:
    """The real path of a folder or file below one of `roots`, links followed.

    Raises ImportNotAllowed for any other, whether it is there or not, and FolderNotFound.
    """
    if path.startswith("/") and "\0" not in path:
        real = Path(path).resolve()
        if any(real.is_relative_to(root.resolve()) for root in roots):
            if not real.exists():
                raise FolderNotFound(path=shortened(path))
            return real
    raise ImportNotAllowed(path=shortened(path))


def require_audio_name(file_name: str) -> None:
    """Raises UploadRefused for a file whose name says that it is no recording."""
    suffix = PurePath(file_name).suffix
    if suffix.lower() not in AUDIO_SUFFIXES:
        raise UploadRefused(reason=f"'{shortened(suffix or file_name)}' is no kind of recording")
