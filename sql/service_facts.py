"""What whoever looks after a service wants to see of its database: jobs that wait, spaces, models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sql.database import Database

JOBS = """
SELECT status, count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
FROM jobs WHERE status IN ('WAITING', 'RUNNING') GROUP BY status
"""
SPACES = """
SELECT s.name, r.revision, r.state, r.indexed,
       (SELECT count(*) FROM track_embeddings e WHERE e.revision_id = r.id)
FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id ORDER BY s.name
"""
MODELS = "SELECT name, strategy, simulated FROM models WHERE status = 'ACTIVE' ORDER BY id"


class Backlog(NamedTuple):
    """How many jobs are in a status, and how long ago (seconds) the oldest of them was made."""

    jobs: int
    oldest_seconds: float


class SpaceFact(NamedTuple):
    name: str
    revision: str
    state: str
    indexed: bool
    tracks: int


class ModelFact(NamedTuple):
    name: str
    strategy: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """`jobs` by status: those that wait and those that run. `models`: the active ones."""

    jobs: dict[str, Backlog]
    spaces: list[SpaceFact]
    models: list[ModelFact]


async def service_facts(database: Database) -> ServiceFacts:
    """Raises DatabaseUnreachable and Overloaded."""
    return ServiceFacts(
        {status: Backlog(count, oldest) for status, count, oldest in await database.rows(JOBS)},
        [SpaceFact(*row) for row in await database.rows(SPACES)],
        [ModelFact(*row) for row in await database.rows(MODELS)],
    )
