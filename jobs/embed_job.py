"""An embedding job's beginning and end: asking for it, and completing the revision that it filled."""

from __future__ import annotations

import logging

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from domain.spaces import BackendFacts, backend_facts
from jobs.queue import EMBED_NEXT, JobQueue
from sql.indexes import index_when_large
from sql.job_rows import RequestedJob, end_job, request_embed_job
from sql.messages import count_messages
from sql.revisions import mark_ready, open_revision

log = logging.getLogger(__name__)


def request_embedding(
    engine: Engine, queue: JobQueue, space: str, *, index_threshold: int, retry_failed: bool = True
) -> RequestedJob:
    """Ask for every embeddable track that is not in a backend's space yet; the space is made if there is none.

    A second request while the first is under way joins it. With nothing to embed the job has SUCCEEDED on return.
    Tracks that failed before are tried again with `retry_failed`. Raises BackendNotFound or SpaceOfOtherWeights, and
    DatabaseUnreachable when the message cannot be sent; the job is there nevertheless and a worker will find it.
    """
    facts = backend_facts(space)
    with engine.begin() as connection:
        revision_id = open_revision(connection, facts).revision_id
    with engine.begin() as connection:
        job = request_embed_job(connection, facts.name, revision_id, retry_failed=retry_failed)
        under_way = count_messages(connection, EMBED_NEXT, job.id)
    if job.total == 0:
        complete_revision(engine, revision_id, facts, index_threshold)
        with engine.begin() as connection:
            end_job(connection, job.id)
    elif not under_way:
        queue.enqueue(EMBED_NEXT, job.id)
    return job


def complete_revision(engine: Engine, revision_id: int, facts: BackendFacts, index_threshold: int) -> None:
    """Mark a revision READY if nothing is missing, and index it if it has grown large.

    A space without its index is slower and as right, so an index that cannot be built is only logged.
    """
    with engine.begin() as connection:
        mark_ready(connection, revision_id)
    try:
        index_when_large(engine, revision_id, facts.dimension, index_threshold)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise  # the database went away: whoever called tries again
        log.exception("Space '%s' could not be indexed", facts.name)
