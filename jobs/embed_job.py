"""Asks for a space to be filled with what is not in it yet."""

from __future__ import annotations

from sqlalchemy import Engine

from domain.spaces import backend_facts
from jobs.completion import complete_revision
from jobs.queue import EMBED_NEXT, JobQueue
from jobs.sweeper import start_job
from sql.queue.job_rows import RequestedJob, end_job, request_embed_job
from sql.spaces.derived_rows import refuse_derived
from sql.spaces.revisions import open_revision


def request_embedding(
    engine: Engine,
    queue: JobQueue,
    space: str,
    *,
    index_threshold: int,
    retry_failed: bool = True,
    only_file: str | None = None,
) -> RequestedJob:
    """Ask for every embeddable track that is not in a backend's space yet; the space is made if there is none.

    A second request while the first is under way joins it. With nothing to embed the job has SUCCEEDED on return.
    See `request_embed_job` for `retry_failed` and `only_file`. Raises BackendNotFound, SpaceIsDerived or
    SpaceOfOtherWeights, and BrokerUnreachable or DatabaseUnreachable when the message cannot be sent; the job is there
    nevertheless and a worker will find it.
    """
    with engine.connect() as connection:
        refuse_derived(connection, space)
    facts = backend_facts(space)
    with engine.begin() as connection:
        revision_id = open_revision(connection, facts).revision_id
    with engine.begin() as connection:
        job = request_embed_job(connection, facts.name, revision_id, retry_failed=retry_failed, only_file=only_file)
    if job.total == 0:
        complete_revision(engine, queue, revision_id, facts, index_threshold)
        with engine.begin() as connection:
            end_job(connection, job.id)
    else:
        start_job(engine, queue, EMBED_NEXT, job.id)
    return job
