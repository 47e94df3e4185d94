"""Opens spaces and their revisions, and says when a revision holds every track it can."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.errors.asking import SpaceOfOtherWeights
from domain.spaces import BackendFacts
from sql.spaces.embeddings import EMBEDDABLE, IN_REVISION
from sql.spaces.partitions import make_partitions

# Two processes that open a space for the first time must make it once; swaps and drops wait for each other.
LOCK_SPACE = text("SELECT pg_advisory_xact_lock(hashtext('segue-space'), hashtext(:name))")

# A space's active revision, and the text that names its weights and preprocessing.
ACTIVE_REVISION = text("""
    SELECT s.id, r.id, r.revision
    FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id
    WHERE s.name = :name
""")

# A new space, not serving yet.
INSERT_SPACE = text("""
    INSERT INTO spaces (name, backend, dimension, metric) VALUES (:name, :name, :dimension, 'cosine') RETURNING id
""")

# A first revision, which serves while it fills.
INSERT_FIRST_REVISION = text("""
    INSERT INTO space_revisions (space_id, revision, state, indexed, activated_at)
    VALUES (:space_id, :revision, 'FILLING', false, now())
    RETURNING id
""")

ACTIVATE = text("UPDATE spaces SET active_revision_id = :revision_id WHERE id = :space_id")

# READY once it holds every embeddable track, but for those that were tried and failed; an empty one is never ready.
MARK_READY = text(f"""
    UPDATE space_revisions SET state = 'READY'
    WHERE id = :revision_id AND state = 'FILLING'
      AND EXISTS (SELECT FROM track_embeddings WHERE revision_id = :revision_id)
      AND NOT EXISTS (
        SELECT FROM tracks t
        WHERE {EMBEDDABLE} AND NOT {IN_REVISION}
          AND NOT EXISTS (SELECT FROM embedding_failures x WHERE x.revision_id = :revision_id AND x.track_id = t.id)
      )
""")  # noqa: S608 -- constants of this program

IS_READY = text("SELECT state = 'READY' FROM space_revisions WHERE id = :revision_id")


class ActiveRevision(NamedTuple):
    """What answers for a space; `revision` names the weights and preprocessing that made it."""

    space_id: int
    revision_id: int
    revision: str


class OpenRevision(NamedTuple):
    """A revision that can be filled."""

    space_id: int
    revision_id: int


def find_active(connection: Connection, name: str) -> ActiveRevision | None:
    """The active revision of a space, None where there is no such space."""
    row = connection.execute(ACTIVE_REVISION, {"name": name}).one_or_none()
    return None if row is None else ActiveRevision(*row)


def open_revision(connection: Connection, facts: BackendFacts) -> OpenRevision:
    """The active revision of a backend's own space; both are made, with their partitions, where there is none yet.

    A first revision is active at once. Several processes may call it together: all get the same. Making partitions
    waits for running queries on embeddings, and theirs for it, until the caller's transaction ends: commit soon.
    Raises SpaceOfOtherWeights when the active revision is not `facts.revision`.
    """
    opened = _active(connection, facts)
    if opened is not None:
        return opened
    lock_space(connection, facts.name)
    return _active(connection, facts) or _make(connection, facts)


def lock_space(connection: Connection, name: str) -> None:
    """Wait until nobody else makes, swaps or drops revisions of a space; holds until the transaction ends."""
    connection.execute(LOCK_SPACE, {"name": name})


def mark_ready(connection: Connection, revision_id: int) -> bool:
    """Mark a revision READY if it holds every embeddable track; returns whether it is READY.

    Embeddable is what is not silent and has a file. A track that failed with a stated reason does not hold it up, and
    a revision that is READY stays so when tracks are imported later.
    """
    connection.execute(MARK_READY, {"revision_id": revision_id})
    return bool(connection.scalar(IS_READY, {"revision_id": revision_id}))


def _active(connection: Connection, facts: BackendFacts) -> OpenRevision | None:
    active = find_active(connection, facts.name)
    if active is None:
        return None
    if active.revision != facts.revision:
        raise SpaceOfOtherWeights(name=facts.name, found=active.revision, expected=facts.revision)
    return OpenRevision(active.space_id, active.revision_id)


def _make(connection: Connection, facts: BackendFacts) -> OpenRevision:
    space_id: int = connection.execute(INSERT_SPACE, {"name": facts.name, "dimension": facts.dimension}).scalar_one()
    revision_id: int = connection.execute(
        INSERT_FIRST_REVISION, {"space_id": space_id, "revision": facts.revision}
    ).scalar_one()
    make_partitions(connection, revision_id, facts.dimension)
    connection.execute(ACTIVATE, {"space_id": space_id, "revision_id": revision_id})
    return OpenRevision(space_id, revision_id)
