"""Successors: revisions that are filled beside a space's active one, and take its place when they are full."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.errors.asking import SpaceNotReady, TracksWouldBeLost
from domain.spaces import BackendFacts
from sql.spaces.embeddings import EMBEDDABLE
from sql.spaces.partitions import make_partitions
from sql.spaces.revisions import lock_space

# How long making tables may keep those waiting who search; whoever calls tries again.
LOCK_TIMEOUT = text("SET LOCAL lock_timeout = '2s'")
# How many of the tracks that would be lost a refusal names.
LOST_NAMED = 3

SPACE = text("SELECT id FROM spaces WHERE name = :name AND active_revision_id IS NOT NULL")

# A successor `r` of the active revision of space `s`: one that is being filled, or whose filling was left off.
SUCCESSORS = """
    space_revisions r JOIN spaces s ON s.id = r.space_id
    WHERE r.state = 'FILLING' AND r.id <> s.active_revision_id
"""

FIND_SUCCESSOR = text(f"""
    SELECT r.id, r.created_at, (SELECT count(*) FROM track_embeddings e WHERE e.revision_id = r.id)
    FROM {SUCCESSORS} AND s.name = :name AND r.revision = :revision
    ORDER BY r.id DESC LIMIT 1
""")  # noqa: S608 -- constants of this program

IS_SUCCESSOR = text(f"SELECT EXISTS (SELECT FROM {SUCCESSORS} AND r.id = :revision_id)")  # noqa: S608 -- see above

# What is being filled, with the number of tracks that are in.
FILLINGS = text(f"""
    SELECT s.name, r.revision, (SELECT count(*) FROM track_embeddings e WHERE e.revision_id = r.id), EXISTS (
        SELECT FROM jobs j
        WHERE j.kind IN ('embed', 'reembed') AND j.status IN ('WAITING', 'RUNNING')
          AND (j.arguments ->> 'revision_id')::bigint = r.id
    )
    FROM {SUCCESSORS}
    ORDER BY s.name, r.id
""")  # noqa: S608 -- see above

INSERT_SUCCESSOR = text("""
    INSERT INTO space_revisions (space_id, revision, state, indexed) VALUES (:space_id, :revision, 'FILLING', false)
    RETURNING id, created_at
""")

SPACE_OF_REVISION = text("""
    SELECT s.id, s.name, s.active_revision_id FROM spaces s JOIN space_revisions r ON r.space_id = s.id
    WHERE r.id = :revision_id
""")

# What visitors find now and would not find any more. A track without a file cannot be heard, and does not count.
LOST = text(f"""
    SELECT t.title, coalesce(x.reason, 'it was not heard')
    FROM track_embeddings old
    JOIN tracks t ON t.id = old.track_id
    LEFT JOIN embedding_failures x ON x.revision_id = :revision_id AND x.track_id = t.id
    WHERE old.revision_id = :active_id AND {EMBEDDABLE}
      AND NOT EXISTS (SELECT FROM track_embeddings e WHERE e.revision_id = :revision_id AND e.track_id = t.id)
    ORDER BY t.id
""")  # noqa: S608 -- constants of this program

IS_EMPTY = text("SELECT NOT EXISTS (SELECT FROM track_embeddings WHERE revision_id = :revision_id)")

RETIRE = text("UPDATE space_revisions SET state = 'RETIRED' WHERE id = :active_id")
MAKE_READY = text("UPDATE space_revisions SET state = 'READY', activated_at = now() WHERE id = :revision_id")
ACTIVATE = text("UPDATE spaces SET active_revision_id = :revision_id WHERE id = :space_id")


class Successor(NamedTuple):
    """A revision to be filled, begun at `created_at`; `held` tracks are in it already."""

    revision_id: int
    created_at: datetime
    held: int


class Filling(NamedTuple):
    """A revision that is to take the active one's place in `space`; `running` says whether a job works on it."""

    space: str
    revision: str
    tracks: int
    running: bool


class Lost(NamedTuple):
    """A track that a space would lose, and why."""

    title: str
    reason: str


def open_successor(connection: Connection, facts: BackendFacts) -> Successor:
    """The successor of the active revision of a backend's own space, made with its partitions where there is none.

    One that was left off is taken up again if it was made by the same weights and preprocessing. Making partitions
    waits for running queries on embeddings for two seconds at most (OperationalError), and keeps others waiting until
    the transaction ends: commit soon. Raises SpaceNotReady when the space has no active revision.
    """
    lock_space(connection, facts.name)
    space_id = connection.scalar(SPACE, {"name": facts.name})
    if space_id is None:
        raise SpaceNotReady(name=facts.name)
    found = find_successor(connection, facts)
    if found is not None:
        return found
    connection.execute(LOCK_TIMEOUT)
    made = connection.execute(INSERT_SUCCESSOR, {"space_id": space_id, "revision": facts.revision}).one()
    make_partitions(connection, made.id, facts.dimension)
    return Successor(made.id, made.created_at, held=0)


def find_successor(connection: Connection, facts: BackendFacts) -> Successor | None:
    row = connection.execute(FIND_SUCCESSOR, {"name": facts.name, "revision": facts.revision}).one_or_none()
    return None if row is None else Successor(*row)


def is_successor(connection: Connection, revision_id: int) -> bool:
    """Whether a revision is to take the place of its space's active one when it is full."""
    return bool(connection.scalar(IS_SUCCESSOR, {"revision_id": revision_id}))


def fillings(connection: Connection) -> list[Filling]:
    """Every successor, by space."""
    return [Filling(*row) for row in connection.execute(FILLINGS)]


def lost_tracks(connection: Connection, revision_id: int) -> list[Lost]:
    """What the active revision holds and this one of the same space does not, although it could be heard."""
    _, _, active_id = _space(connection, revision_id)
    return [Lost(*row) for row in connection.execute(LOST, {"revision_id": revision_id, "active_id": active_id})]


def take_over(connection: Connection, revision_id: int, *, allow_missing: bool = False) -> None:
    """A successor takes the active revision's place, which is RETIRED: all in the caller's transaction.

    Raises TracksWouldBeLost when visitors would miss a track that they find now; with `allow_missing`, only when they
    would find nothing at all.
    """
    space_id, name, active_id = _space(connection, revision_id)
    key = {"revision_id": revision_id, "active_id": active_id, "space_id": space_id}
    lost = lost_tracks(connection, revision_id)
    if lost and (not allow_missing or connection.scalar(IS_EMPTY, key)):
        named = "; ".join(f"'{track.title}' ({track.reason})" for track in lost[:LOST_NAMED])
        more = f"; and {len(lost) - LOST_NAMED} more" if len(lost) > LOST_NAMED else ""
        raise TracksWouldBeLost(name=name, count=len(lost), listed=named + more)
    activate(connection, space_id, active_id, revision_id)


def activate(connection: Connection, space_id: int, active_id: int, revision_id: int) -> None:
    """Put a revision of a space into the place of the active one; needs the space's lock."""
    key = {"revision_id": revision_id, "active_id": active_id, "space_id": space_id}
    for statement in (RETIRE, MAKE_READY, ACTIVATE):
        connection.execute(statement, key)


def _space(connection: Connection, revision_id: int) -> tuple[int, str, int]:
    """Id, name and active revision of a revision's space."""
    space_id, name, active_id = connection.execute(SPACE_OF_REVISION, {"revision_id": revision_id}).one()
    return space_id, name, active_id
