"""How much work waits for workers."""

from __future__ import annotations

from typing import NamedTuple

from sql.database import Database

# One that waits for an upload is nobody's work yet. A job is worked on by as many as it has items left, or by one.
STATEMENT = """
SELECT count(*),
       coalesce(sum(greatest(1, total - done - failed)), 0)::bigint,
       coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'WAITING')), 0)::float8
FROM jobs WHERE status IN ('WAITING', 'RUNNING') AND kind <> 'upload'
"""


class Backlog(NamedTuple):
    """Jobs that have not ended, how many workers could work on them at once, and for how long (seconds) the oldest of
    those has waited that nobody has begun."""

    jobs: int
    items: int
    oldest_seconds: float


async def backlog(database: Database) -> Backlog:
    """Raises DatabaseUnreachable and Overloaded."""
    [row] = await database.rows(STATEMENT)
    return Backlog(*row)
