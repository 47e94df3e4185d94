"""Asks workers for what curators want of jobs, and sends the first message."""

from __future__ import annotations

from uuid import UUID

import anyio.to_thread

from domain.errors.asking import ConflictingArguments, SpaceNotFound
from domain.ids import shortened
from domain.jobs import Job, JobKind, JobStatus
from domain.selections import Selection
from domain.spaces import find_facts
from domain.training import TrainingWish
from jobs.queue import ACTORS, JobQueue
from sql.database import Database
from sql.queue.job_retries import JobRetries
from sql.queue.reembed_requests import ReembedRequests
from sql.queue.train_requests import request_training
from sql.spaces.map_jobs import request_map


class JobRequests:
    """Every call may raise DatabaseUnreachable or BrokerUnreachable and may then be made again; a job that is there
    without its message is found by a worker."""

    def __init__(self, database: Database, queue: JobQueue) -> None:
        self._database = database
        self._reembeddings = ReembedRequests(database)
        self._retries = JobRetries(database)
        self._queue = queue

    async def reembed(self, space: str, where: str | None, *, allow_missing: bool) -> Job:
        """Ask for a space to be filled anew, or, with `where` ("composer=NAME", "album=TITLE", "failed", "stale"),
        for some of its tracks to be heard again; joins the job that does so.

        Raises InvalidSelection, ConflictingArguments, and as `ReembedRequests.request` does.
        """
        selection = Selection.parse(where) if where is not None else None
        if selection is not None and allow_missing:
            raise ConflictingArguments(
                one="allowMissing", other="where", reason="it is about hearing a whole archive again"
            )
        job = await self._reembeddings.request(space, selection, allow_missing=allow_missing)
        if job.status is JobStatus.WAITING and job.kind == JobKind.REEMBED_REQUEST:
            await self._send(job)
        return job

    async def retry(self, job_id: UUID) -> Job:
        """Let a job's failed items wait again, and with them what it was cancelled or failed over.

        Raises JobNotFound, and JobNotResumable when its revision was dropped or another job works on it.
        """
        job, lane = await self._retries.retry(job_id)
        if lane is not None and job.kind in ACTORS:
            await self._send(job, lane)
        return job

    async def train(self, wish: TrainingWish) -> Job:
        """Ask for a model to be trained; joins the job that trains the same. Raises SpaceNotFound for a space that is
        neither here nor could be made by a backend."""
        if find_facts(wish.space) is None:
            there = [name for (name,) in await self._database.rows("SELECT name FROM spaces ORDER BY name")]
            if wish.space not in there:
                raise SpaceNotFound(name=shortened(wish.space), known=", ".join(there))
        job = await request_training(self._database, wish)
        if job.status is JobStatus.WAITING:
            await self._send(job)
        return job

    async def draw_map(self, space: str) -> Job:
        """Ask for a space to be drawn; joins the job that does. Raises SpaceNotFound, SpaceNotReady."""
        job = await request_map(self._database, space)
        if job.status is JobStatus.WAITING:
            await self._send(job)
        return job

    async def _send(self, job: Job, *lane: UUID) -> None:
        await anyio.to_thread.run_sync(self._queue.enqueue, ACTORS[job.kind], job.id, *lane)
