"""Asks for tracks to be heard again: all of them for a new revision, or some of them for the active one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Event

from sqlalchemy import Connection, Engine

from domain.errors.asking import NothingToReembed, SpaceNotReady
from domain.selections import Selection
from domain.spaces import backend_facts
from jobs.queue import EMBED_NEXT, JobQueue
from jobs.sweeper import start_job
from jobs.transactions import transact
from sql.overview import archive_overview
from sql.queue.job_rows import RequestedJob
from sql.spaces.derived_rows import refuse_derived
from sql.spaces.reembed_rows import request_filling_job, request_rehearing_job
from sql.spaces.revisions import find_active, open_revision
from sql.spaces.selected_tracks import selected_tracks
from sql.spaces.successors import open_successor


@dataclass(frozen=True, slots=True)
class Reembedding:
    """A job that fills a new revision, begun at `begun_at`, which holds `held` of `embeddable` tracks already."""

    job: RequestedJob
    begun_at: datetime
    held: int
    embeddable: int


def request_reembedding(engine: Engine, queue: JobQueue, space: str, *, allow_missing: bool = False) -> Reembedding:
    """Ask for a backend's space to be filled anew, beside what is active; the last track in, the new takes its place.

    A second request joins the job that is under way; one that was cancelled or failed goes on where it was. With
    `allow_missing` the new revision takes over even if it lacks tracks that could not be heard again. Raises
    BackendNotFound, SpaceIsDerived, SpaceNotReady for a space that was never embedded, NothingToReembed without any
    recording, and DatabaseUnreachable; the job may be there nevertheless and a worker will find it.
    """
    with engine.connect() as connection:
        refuse_derived(connection, space)
    facts = backend_facts(space)
    with engine.connect() as connection:
        embeddable = archive_overview(connection).embeddable
        if find_active(connection, space) is None:
            raise SpaceNotReady(name=space)
    if embeddable == 0:
        raise NothingToReembed
    successor = transact(engine, lambda connection: open_successor(connection, facts), stopping=Event())
    with engine.begin() as connection:
        job = request_filling_job(connection, space, successor.revision_id, allow_missing=allow_missing)
    start_job(engine, queue, EMBED_NEXT, job.id)
    return Reembedding(job, successor.created_at, successor.held, embeddable)


def request_rehearing(engine: Engine, queue: JobQueue, space: str, selection: Selection) -> RequestedJob | None:
    """Ask for some tracks of a space's active revision to be heard again; None when the selection means no track.

    What is found takes the place of what was there, track by track; a track that fails keeps what it had. Raises
    BackendNotFound, SpaceNotReady, UnknownName, DatabaseUnreachable, and SpaceOfOtherWeights when what is heard now
    cannot be compared with the rest.
    """
    facts = backend_facts(space)

    def ask(connection: Connection) -> RequestedJob | None:
        if find_active(connection, space) is None:
            raise SpaceNotReady(name=space)
        revision_id = open_revision(connection, facts).revision_id
        track_ids = selected_tracks(connection, selection, revision_id)
        if not track_ids:
            return None
        return request_rehearing_job(connection, space, revision_id, str(selection), track_ids)

    with engine.begin() as connection:
        job = ask(connection)
    if job is not None:
        start_job(engine, queue, EMBED_NEXT, job.id)
    return job
