"""Sets jobs going again that lost their messages, and gives every worker something to do."""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from jobs.broker import HEARTBEAT_TTL_SECONDS
from jobs.queue import EMBED_NEXT, IMPORT_FILES, JobQueue
from sql.import_jobs import IMPORT
from sql.job_rows import EMBEDDING_KINDS, unended_jobs
from sql.messages import count_messages, count_workers, lock_sweep

log = logging.getLogger(__name__)

# The actor that takes the next item of a job, for each kind of job; one without items is run as a whole.
LANES = dict.fromkeys(EMBEDDING_KINDS, EMBED_NEXT) | {IMPORT: IMPORT_FILES}


def sweep(engine: Engine, queue: JobQueue, threads: int) -> int:
    """Start the lanes that unended jobs lack; returns how many messages that took.

    A job is worked on in as many lanes as there are worker threads (`threads` in each living worker process), but no
    more than it has unfinished items. A lane is a message that takes one item and sends itself again. A job without
    unfinished items gets one lane, to end it.
    """
    started = 0
    with engine.begin() as connection:
        if not lock_sweep(connection):
            return 0
        slots = max(1, count_workers(connection, HEARTBEAT_TTL_SECONDS)) * threads
        for job in unended_jobs(connection, list(LANES)):
            wanted = min(slots, max(1, job.unfinished))
            missing = max(0, wanted - count_messages(connection, LANES[job.kind], job.id))
            for _ in range(missing):
                queue.enqueue(LANES[job.kind], job.id)
            if missing:
                log.debug("Started %d of %d lanes", missing, wanted, extra={"job_id": str(job.id)})
            started += missing
    return started
