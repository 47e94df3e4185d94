"""Retired revisions: kept until somebody restores or drops them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.errors.asking import NoEarlierRevision, SpaceNotFound
from sql.spaces.naming import partition
from sql.spaces.partitions import PARTITIONED, drop_partitions
from sql.spaces.revisions import lock_space
from sql.spaces.successors import LOCK_TIMEOUT, activate

SPACE = text("SELECT id, active_revision_id FROM spaces WHERE name = :name AND active_revision_id IS NOT NULL")
SPACE_NAMES = text("SELECT name FROM spaces ORDER BY id")

# The one that was active last.
EARLIER = text("""
    SELECT id, revision FROM space_revisions
    WHERE space_id = :space_id AND state = 'RETIRED' AND id <> :active_id
    ORDER BY activated_at DESC NULLS LAST, id DESC LIMIT 1
""")

# What may be dropped: retired revisions, and fillings that no job works on.
DROPPABLE = """
    space_revisions r JOIN spaces s ON s.id = r.space_id
    WHERE r.id IS DISTINCT FROM s.active_revision_id AND (
        r.state = 'RETIRED' OR NOT EXISTS (
            SELECT FROM jobs j
            WHERE j.kind IN ('embed', 'reembed') AND j.status IN ('WAITING', 'RUNNING')
              AND (j.arguments ->> 'revision_id')::bigint = r.id
        )
    )
"""

LIST_DROPPABLE = text(f"""
    SELECT r.id, s.name AS space, r.revision, r.state, r.created_at, r.activated_at,
           (SELECT count(*) FROM track_embeddings e WHERE e.revision_id = r.id) AS tracks
    FROM {DROPPABLE} AND (CAST(:name AS text) IS NULL OR s.name = :name)
    ORDER BY s.name, r.id
""")  # noqa: S608 -- constants of this program

IS_DROPPABLE = text(f"SELECT EXISTS (SELECT FROM {DROPPABLE} AND r.id = :revision_id)")  # noqa: S608 -- see above

PARTITION_BYTES = text("SELECT coalesce(pg_total_relation_size(to_regclass(:name)), 0)")

SECONDS_ACTIVE = text("""
    SELECT extract(epoch FROM now() - r.activated_at)
    FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id WHERE s.name = :name
""")

# A leftover job of a retired revision has nothing to fill any more.
CANCEL_JOBS = text("""
    UPDATE jobs SET status = 'CANCELLED', current = NULL, finished_at = now()
    WHERE kind IN ('embed', 'reembed') AND status IN ('WAITING', 'RUNNING')
      AND (arguments ->> 'revision_id')::bigint = :revision_id
""")

DELETE_REVISION = text("DELETE FROM space_revisions WHERE id = :revision_id")

# Our own segments that no space knows any more. Whoever writes embeddings waits meanwhile for the dropped partitions.
DELETE_UNUSED_SEGMENTS = text("""
    DELETE FROM segments s
    WHERE s.source = 'segue' AND NOT EXISTS (SELECT FROM segment_embeddings e WHERE e.segment_id = s.id)
""")


class Restored(NamedTuple):
    """The revision that is active again, and the text that names its weights and preprocessing."""

    revision_id: int
    revision: str


class DroppableRevision(NamedTuple):
    """A revision that nobody searches. `state` is RETIRED or FILLING; `size` in bytes, indexes included."""

    id: int
    space: str
    revision: str
    state: str
    created_at: datetime
    activated_at: datetime | None
    tracks: int
    size: int


def restore(connection: Connection, name: str) -> Restored:
    """Make the revision that was active before the active one again, which is RETIRED; once more swaps them back.

    All in the caller's transaction. Raises SpaceNotFound or NoEarlierRevision.
    """
    lock_space(connection, name)
    space = connection.execute(SPACE, {"name": name}).one_or_none()
    if space is None:
        raise _unknown(connection, name)
    earlier = connection.execute(EARLIER, {"space_id": space.id, "active_id": space.active_revision_id}).one_or_none()
    if earlier is None:
        raise NoEarlierRevision(name=name)
    activate(connection, space.id, space.active_revision_id, earlier.id)
    return Restored(earlier.id, earlier.revision)


def droppable_revisions(connection: Connection, name: str | None = None) -> list[DroppableRevision]:
    """What `drop_revision` would drop, of one space or of all. Raises SpaceNotFound."""
    if name is not None and connection.execute(SPACE, {"name": name}).one_or_none() is None:
        raise _unknown(connection, name)
    rows = connection.execute(LIST_DROPPABLE, {"name": name}).all()
    return [DroppableRevision(**row._asdict(), size=_size(connection, row.id)) for row in rows]


def seconds_since_swap(connection: Connection, name: str) -> float | None:
    """For how long the active revision of a space has been it."""
    seconds = connection.scalar(SECONDS_ACTIVE, {"name": name})
    return None if seconds is None else float(seconds)


def drop_revision(connection: Connection, revision: DroppableRevision) -> bool:
    """Drop a revision with all its vectors and tags; returns False when it is in use now, or gone.

    Waits for running searches for two seconds at most (OperationalError), and keeps others waiting until the
    transaction ends: commit soon.
    """
    lock_space(connection, revision.space)
    key = {"revision_id": revision.id}
    if not connection.scalar(IS_DROPPABLE, key):
        return False
    connection.execute(LOCK_TIMEOUT)
    drop_partitions(connection, revision.id)
    connection.execute(CANCEL_JOBS, key)
    connection.execute(DELETE_REVISION, key)
    connection.execute(DELETE_UNUSED_SEGMENTS)
    return True


def _size(connection: Connection, revision_id: int) -> int:
    names = (partition(table, revision_id) for table in PARTITIONED)
    return sum(int(connection.execute(PARTITION_BYTES, {"name": name}).scalar_one()) for name in names)


def _unknown(connection: Connection, name: str) -> SpaceNotFound:
    known = ", ".join(connection.scalars(SPACE_NAMES))
    return SpaceNotFound(name=name, known=known or "none yet")
