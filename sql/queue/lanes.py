"""Lanes: the messages of a job that are under way, one row each, whichever broker carries them.

A broker cannot always say what it holds (SQS counts roughly, and any of them may lose or double a message). So what
counts is kept here, beside the jobs: a message is worth something while its lane is here, and is dropped otherwise.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import Connection, text

from sql.queue.workers import SILENCE_SECONDS

# A message that has waited for so long is lost, or behind so much that another may as well be sent: whichever comes
# first finds the lane, the other finds nothing and is dropped.
WAIT_SECONDS = 120
# The same while a worker has nothing to do: then it would have taken the message at once.
IDLE_WAIT_SECONDS = 5

# Only one process sweeps at a time.
LOCK_SWEEP = text("SELECT pg_try_advisory_xact_lock(hashtext('segue-sweep'))")

OPEN_LANE = text("""
    INSERT INTO lanes (id, job_id, expires_at) VALUES (:id, :job_id, now() + make_interval(secs => :wait))
""")

# Neither taking nor passing on waits for the disk: a lane that a power cut takes is found lost, and replaced.
# Also one that this process has already: the answer to an earlier attempt may have got lost.
TAKE_LANE = text("""
    UPDATE lanes SET process = :process, expires_at = now() + make_interval(secs => :silence)
    WHERE id = :id AND (process IS NULL OR process = :process)
    RETURNING id, set_config('synchronous_commit', 'off', true)
""")

# For a message that came without a lane. Two of them at once wait for each other at the job's row.
OPEN_TAKEN = text("""
    WITH job AS (SELECT id FROM jobs WHERE id = :job_id FOR NO KEY UPDATE)
    INSERT INTO lanes (id, job_id, process, expires_at)
    SELECT :id, job.id, :process, now() + make_interval(secs => :silence) FROM job
    ON CONFLICT (id) DO NOTHING
""")

OTHER_LANE = text("""
    SELECT EXISTS (
        SELECT FROM lanes
        WHERE job_id = :job_id AND id <> :id AND expires_at > now() AND (process IS NOT NULL OR NOT :only_taken)
    )
""")

PASS_LANE = text("""
    UPDATE lanes SET id = :next, process = NULL, expires_at = now() + make_interval(secs => :wait)
    WHERE id = :id OR id = :next
    RETURNING id, set_config('synchronous_commit', 'off', true)
""")

LET_GO = text("""
    UPDATE lanes SET process = NULL, expires_at = now() + make_interval(secs => :wait) WHERE id = :id
""")

CLOSE_LANE = text("DELETE FROM lanes WHERE id = :id")

COUNT_LANES = text("SELECT count(*) FROM lanes WHERE job_id = :job_id AND expires_at > now()")

COUNT_TAKEN = text("SELECT count(*) FROM lanes WHERE process IS NOT NULL AND expires_at > now()")

DROP_LOST = text("""
    DELETE FROM lanes
    WHERE expires_at <= now() OR (process IS NULL AND expires_at <= now() + make_interval(secs => :wait_left))
""")


def lock_sweep(connection: Connection) -> bool:
    """Whether this transaction may sweep; if so, nobody else may until it ends."""
    return bool(connection.scalar(LOCK_SWEEP))


def open_lane(connection: Connection, job_id: UUID) -> UUID:
    """A lane that waits, for a message that is sent once this transaction is committed."""
    lane_id = uuid4()
    connection.execute(OPEN_LANE, {"id": lane_id, "job_id": job_id, "wait": WAIT_SECONDS})
    return lane_id


def take_lane(connection: Connection, lane_id: UUID, process: str) -> bool:
    """A message of the lane has come to `process`; returns False when it is to be dropped.

    The lane has been given up then, or an earlier copy of the message has come.
    """
    about = {"id": lane_id, "process": process, "silence": SILENCE_SECONDS}
    return connection.scalar(TAKE_LANE, about) is not None


def open_taken_lane(connection: Connection, lane_id: UUID, job_id: UUID, process: str) -> bool:
    """A message without a lane has come to `process`; returns False when it is to be dropped.

    There is no such job then, or another of its messages is under way. May be repeated.
    """
    about = {"id": lane_id, "job_id": job_id, "process": process, "silence": SILENCE_SECONDS}
    connection.execute(OPEN_TAKEN, about)
    if has_other_lane(connection, job_id, lane_id):
        close_lane(connection, lane_id)
        return False
    return take_lane(connection, lane_id, process)


def has_other_lane(connection: Connection, job_id: UUID, lane_id: UUID, *, only_taken: bool = False) -> bool:
    """Whether another message about the job is on its way or in hand, or, with `only_taken`, in hand."""
    about = {"job_id": job_id, "id": lane_id, "only_taken": only_taken}
    return bool(connection.scalar(OTHER_LANE, about))


def pass_lane(connection: Connection, lane_id: UUID, next_id: UUID) -> bool:
    """The lane goes on as `next_id`, for a message that is sent once this transaction is committed.

    Returns False when the lane was given up, and another opened for it. May be repeated.
    """
    return connection.scalar(PASS_LANE, {"id": lane_id, "next": next_id, "wait": WAIT_SECONDS}) is not None


def let_go(connection: Connection, lane_id: UUID) -> None:
    """The lane waits again, for the same message to come once more."""
    connection.execute(LET_GO, {"id": lane_id, "wait": WAIT_SECONDS})


def close_lane(connection: Connection, lane_id: UUID) -> None:
    """There is nothing left to do in the lane."""
    connection.execute(CLOSE_LANE, {"id": lane_id})


def count_lanes(connection: Connection, job_id: UUID) -> int:
    """How many messages about a job are on their way or in hand."""
    return int(connection.execute(COUNT_LANES, {"job_id": job_id}).scalar_one())


def drop_lost_lanes(connection: Connection, threads: int) -> None:
    """Give up the lanes whose worker fell silent, and those whose message should have been taken by one of `threads`
    worker threads."""
    idle = int(connection.execute(COUNT_TAKEN).scalar_one()) < threads
    connection.execute(DROP_LOST, {"wait_left": WAIT_SECONDS - IDLE_WAIT_SECONDS if idle else 0})
