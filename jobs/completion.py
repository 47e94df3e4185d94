"""The end of an embedding job: its revision is complete, or takes the place of the active one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum, auto
from threading import Event
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from domain.errors.asking import TracksWouldBeLost
from domain.spaces import BackendFacts
from jobs.derivation import follow_parents
from jobs.index_job import request_index
from jobs.item_towers import ItemTowers
from jobs.queue import JobQueue
from jobs.transactions import transact
from sql.catalogue.imports import lock_imports
from sql.queue.job_rows import add_missing_tracks, count_items, end_job, fail_job, lock_job
from sql.spaces.patches import fill_segments
from sql.spaces.reembed_rows import allows_missing
from sql.spaces.revisions import lock_space, mark_ready
from sql.spaces.successors import is_successor, take_over

log = logging.getLogger(__name__)


class Ending(Enum):
    """What is to be done about a job whose lane found nothing to take."""

    GOES_ON = auto()
    LEFT_TO_OTHERS = auto()
    COMPLETE_REVISION = auto()
    HAND_OVER = auto()
    SWAPPED = auto()
    OVER = auto()


def complete_job(
    engine: Engine,
    queue: JobQueue,
    job_id: UUID,
    revision_id: int,
    facts: BackendFacts,
    index_threshold: int,
    *,
    stopping: Event,
    on_swap: Callable[[str, int], object],
    towers: ItemTowers | None = None,
) -> bool:
    """End a job that has nothing left to take; returns whether tracks came meanwhile, so that it goes on.

    A job that filled a successor also embeds what was imported since; then it waits for the successor's index, which
    is a job of its own, and takes the active revision's place in the transaction that ends the job. Where tracks would
    be lost, the job is FAILED and the active revision stays. Other lanes that still work on the job, or that end it
    already, are left alone. After a swap `on_swap` is called with the space and the revision.
    """
    ending = transact(engine, lambda connection: _look(connection, job_id, revision_id), stopping=stopping)
    if ending is Ending.COMPLETE_REVISION:
        complete_revision(engine, queue, revision_id, facts, index_threshold, towers)
        if transact(engine, lambda connection: end_job(connection, job_id), stopping=stopping):
            log.info("Embedding ended", extra={"job_id": str(job_id)})
    elif ending is Ending.HAND_OVER:
        if request_index(engine, queue, facts.name, revision_id, facts.dimension, index_threshold, insist=False):
            return False  # its end starts the job again, and the sweeper does if that gets lost
        ending = transact(
            engine, lambda connection: _hand_over(connection, job_id, revision_id, facts.name), stopping=stopping
        )
        if ending is Ending.SWAPPED:
            _follow(engine, queue, facts.name, index_threshold, towers)
            on_swap(facts.name, revision_id)
    return ending is Ending.GOES_ON


def complete_revision(
    engine: Engine,
    queue: JobQueue,
    revision_id: int,
    facts: BackendFacts,
    index_threshold: int,
    towers: ItemTowers | None = None,
) -> None:
    """Mark an active revision READY if nothing is missing, and ask for its index if it has grown large.

    Segments that were imported while their tracks were heard get their vectors.
    """
    with engine.begin() as connection:
        fill_segments(connection, revision_id)
        mark_ready(connection, revision_id)
    _follow(engine, queue, facts.name, index_threshold, towers)
    request_index(engine, queue, facts.name, revision_id, facts.dimension, index_threshold, insist=True)


def _follow(engine: Engine, queue: JobQueue, space: str, index_threshold: int, towers: ItemTowers | None) -> None:
    """What is computed from a space is as good as it was until it follows: the next embedding job tries again."""
    try:
        following = follow_parents(engine, space, towers)
    except DBAPIError:
        log.exception("What is computed from space '%s' could not follow it", space)
        return
    for child in following:
        if child.active_revision_id is not None:
            about = (child.name, child.active_revision_id, child.dimension)
            request_index(engine, queue, *about, index_threshold, insist=False)


def _look(connection: Connection, job_id: UUID, revision_id: int) -> Ending:
    status = lock_job(connection, job_id)
    if status is None or status.ended:
        return Ending.OVER
    fills_successor = is_successor(connection, revision_id)
    if fills_successor and add_missing_tracks(connection, job_id, revision_id, retry_failed=False):
        count_items(connection, job_id)
        return Ending.GOES_ON
    if count_items(connection, job_id).unfinished:
        return Ending.LEFT_TO_OTHERS
    return Ending.HAND_OVER if fills_successor else Ending.COMPLETE_REVISION


def _hand_over(connection: Connection, job_id: UUID, revision_id: int, space: str) -> Ending:
    lock_space(connection, space)
    lock_imports(connection)  # what is imported from now on is embedded into the new revision
    ending = _look(connection, job_id, revision_id)
    if ending is not Ending.HAND_OVER:
        return ending
    about = {"job_id": str(job_id), "revision_id": revision_id}
    fill_segments(connection, revision_id)
    try:
        take_over(connection, revision_id, allow_missing=allows_missing(connection, job_id))
    except TracksWouldBeLost as error:
        fail_job(connection, job_id, str(error))
        log.warning("%s", error, extra=about)
        return Ending.OVER
    end_job(connection, job_id)
    log.info("Space '%s' has a new revision", space, extra=about)
    return Ending.SWAPPED
