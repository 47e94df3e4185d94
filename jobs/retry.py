"""Takes up again what failed in a job."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine

from jobs.queue import ACTORS, JobQueue
from jobs.sweeper import start_job
from sql.queue.job_care import Retried, retry_job


def retry(engine: Engine, queue: JobQueue, job_id: UUID) -> Retried:
    """Let workers try a job's failed items again, and go on with what is left of it.

    Raises JobNotFound, JobNotResumable, and BrokerUnreachable or DatabaseUnreachable when the message cannot be sent;
    workers find the job nevertheless.
    """
    with engine.begin() as connection:
        retried = retry_job(connection, job_id)
    if retried.open and retried.kind in ACTORS:
        start_job(engine, queue, ACTORS[retried.kind], job_id)
    return retried
