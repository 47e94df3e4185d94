"""Begins the re-embeddings that the API asked for: finds out which tracks are meant, and makes room for them.

The request's own row becomes the job, so that whoever asked follows one id from the first moment to the last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from uuid import UUID

import dramatiq
from sqlalchemy import Connection, Engine

from domain.errors.asking import SpaceNotReady
from domain.errors.base import Retryable, SegueError
from domain.selections import Selection
from domain.spaces import backend_facts
from jobs.queue import ACTORS, BEGIN_REEMBEDDING, QUEUES, JobQueue
from jobs.sweeper import start_job
from jobs.transactions import transact
from sql.queue.job_rows import REEMBED, add_missing_tracks, cancel_job, count_items, end_job, fail_job
from sql.spaces.reembed_rows import add_chosen_tracks, begin_requested_job, load_request, wait_for
from sql.spaces.revisions import find_active, open_revision
from sql.spaces.selected_tracks import selected_tracks
from sql.spaces.successors import open_successor

log = logging.getLogger(__name__)


class ReembedRequestActor:
    """Begins requested re-embeddings in one worker process.

    One that must wait, since another job works on the same revision, is looked at again when the sweeper sends it.
    """

    def __init__(self, engine: Engine, queue: JobQueue, *, stopping: Event) -> None:
        self._engine = engine
        self._queue = queue
        self._stopping = stopping

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=BEGIN_REEMBEDDING, queue_name=QUEUES[BEGIN_REEMBEDDING])
        declare(self.begin_reembedding)

    def begin_reembedding(self, job_id: str, lane_id: str | None = None) -> None:
        """Turn a request into the job that it asks for, and start that. One that was begun, or has ended, is left.

        `lane_id` comes with the sweeper's messages, and says nothing here: the row's lock keeps others out. What may
        pass is raised, so that the message is retried; what is refused makes the job FAILED.
        """
        id_ = UUID(job_id)
        try:
            begun = self._begin(id_)
        except SegueError as error:
            if isinstance(error, Retryable):
                raise
            reason = str(error)
            log.warning("Cannot re-embed: %s", reason, extra={"job_id": job_id})
            transact(self._engine, lambda connection: fail_job(connection, id_, reason), stopping=self._stopping)
            return
        if begun:
            start_job(self._engine, self._queue, ACTORS[REEMBED], id_)

    def _begin(self, job_id: UUID) -> bool:
        """Whether the job is to be started."""
        with self._engine.begin() as connection:
            arguments = load_request(connection, job_id)
        if arguments is None:
            return False
        space, where = str(arguments["space"]), arguments.get("where")
        if where is None:
            revision_id = self._successor(space)
            return self._transact(lambda connection: _begin_filling(connection, job_id, revision_id))
        selection = Selection.parse(where)
        return self._transact(lambda connection: _begin_rehearing(connection, job_id, space, selection))

    def _successor(self, space: str) -> int:
        facts = backend_facts(space)
        return transact(
            self._engine, lambda connection: open_successor(connection, facts), stopping=self._stopping
        ).revision_id

    def _transact(self, work: Callable[[Connection], bool]) -> bool:
        return transact(self._engine, work, stopping=self._stopping)


def _begin_filling(connection: Connection, job_id: UUID, revision_id: int) -> bool:
    if load_request(connection, job_id) is None:
        return False
    other = begin_requested_job(connection, job_id, revision_id)
    if other is not None:  # asked for on the command line, in the same moment
        log.info("Job %s does the same", other, extra={"job_id": str(job_id)})
        cancel_job(connection, job_id)
        return False
    add_missing_tracks(connection, job_id, revision_id, retry_failed=True)
    count_items(connection, job_id)
    return True


def _begin_rehearing(connection: Connection, job_id: UUID, space: str, selection: Selection) -> bool:
    if load_request(connection, job_id) is None:
        return False
    if find_active(connection, space) is None:
        raise SpaceNotReady(name=space)
    revision_id = open_revision(connection, backend_facts(space)).revision_id
    track_ids = selected_tracks(connection, selection, revision_id)
    if not track_ids:
        end_job(connection, job_id)
        return False
    other = begin_requested_job(connection, job_id, revision_id)
    if other is not None:
        wait_for(connection, job_id, f"waits for job {other}")
        return False
    add_chosen_tracks(connection, job_id, track_ids)
    count_items(connection, job_id)
    return True
