"""Sets jobs going again that lost their messages, and gives every worker something to do."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import Engine

from jobs.queue import ACTORS, JobQueue
from sql.queue.job_rows import unended_jobs
from sql.queue.lanes import count_lanes, drop_lost_lanes, lock_sweep, open_lane
from sql.queue.workers import count_threads
from sql.spaces.due_maps import request_due_maps
from sql.spaces.snapshot_jobs import request_due_snapshots

log = logging.getLogger(__name__)

# Of each kind so many jobs are looked after at once, or twice as many as there are workers: the oldest. A hundred
# thousand uploads are as many jobs, whose messages are where they should be, but come to their turn hours later. Each
# would be taken for lost, and sent again behind all others.
JOBS_AT_ONCE = 20


def sweep(engine: Engine, queue: JobQueue) -> int:
    """Start the lanes that unended jobs lack, of each kind the oldest; returns how many messages that took.

    A job is worked on in as many lanes as there are threads in living workers, but no more than it has unfinished
    items. A lane is a message that takes one item and sends itself again. A job without unfinished items gets one
    lane, to end it. Raises what the broker raises; lanes whose message was not sent are found lost by a later sweep.
    """
    opened: list[tuple[str, UUID, UUID]] = []
    with engine.begin() as connection:
        if not lock_sweep(connection):
            return 0
        slots = max(1, count_threads(connection))
        drop_lost_lanes(connection, slots)
        request_due_snapshots(connection)
        request_due_maps(connection)
        for job in unended_jobs(connection, list(ACTORS), max(JOBS_AT_ONCE, 2 * slots)):
            wanted = min(slots, max(1, job.unfinished))
            missing = max(0, wanted - count_lanes(connection, job.id))
            opened += [(ACTORS[job.kind], job.id, open_lane(connection, job.id)) for _ in range(missing)]
    # Only now, since a message must not come before its lane is there for others to see.
    for actor, job_id, lane_id in opened:
        queue.enqueue(actor, job_id, lane_id)
        log.debug("Started a lane", extra={"job_id": str(job_id)})
    return len(opened)


def start_job(engine: Engine, queue: JobQueue, actor_name: str, job_id: UUID) -> None:
    """Send a job's first message, unless one is under way: a worker that takes it sees to the others.

    Raises BrokerUnreachable or DatabaseUnreachable; the job is there nevertheless and a worker will find it.
    """
    with engine.begin() as connection:
        lane_id = None if count_lanes(connection, job_id) else open_lane(connection, job_id)
    if lane_id is not None:
        queue.enqueue(actor_name, job_id, lane_id)
