"""Spaces that are computed from others: which there are, and what their revisions were computed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, LargeBinary, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from domain.errors.asking import SpaceNotFound, SpaceNotReady
from domain.errors.derived import SpaceIsDerived
from domain.spaces import find_facts
from sql.spaces.partitions import drop_partitions, make_partitions
from sql.spaces.successors import LOCK_TIMEOUT

STORED = np.dtype("<f4")

SPACE = text("""
    SELECT s.id, s.name, s.backend, s.dimension, s.active_revision_id, r.revision, r.state, d.kind,
           coalesce((SELECT array_agg(p.parent_id ORDER BY p.place)
                     FROM derivation_parents p WHERE p.space_id = s.id), '{}') AS parents
    FROM spaces s
    LEFT JOIN space_revisions r ON r.id = s.active_revision_id
    LEFT JOIN derivations d ON d.space_id = s.id
    WHERE s.name = :name OR s.id = :id
""")

SPACE_NAMES = text("SELECT name FROM spaces ORDER BY id")

CHILDREN = text("SELECT DISTINCT space_id FROM derivation_parents WHERE parent_id = :id ORDER BY space_id")

INSERT_SPACE = text("""
    INSERT INTO spaces (name, backend, dimension, metric) VALUES (:name, :backend, :dimension, 'cosine') RETURNING id
""")
INSERT_DERIVATION = text("INSERT INTO derivations (space_id, kind) VALUES (:space_id, :kind)")
INSERT_PARENT = text("""
    INSERT INTO derivation_parents (space_id, place, parent_id) VALUES (:space_id, :place, :parent_id)
""")
INSERT_REVISION = text("""
    INSERT INTO space_revisions (space_id, revision, state, indexed) VALUES (:space_id, :revision, 'FILLING', false)
    RETURNING id
""")
INSERT_DERIVED = text("""
    INSERT INTO derived_revisions (revision_id, parents, fitted_on, mean, projection)
    VALUES (:revision_id, :parents, :fitted_on, :mean, :projection)
""").bindparams(
    bindparam("parents", type_=ARRAY(BigInteger)),
    bindparam("mean", type_=LargeBinary),
    bindparam("projection", type_=LargeBinary),
)

DERIVED = """
    SELECT d.revision_id, s.name, d.parents, d.mean, d.projection, m.artefact
    FROM derived_revisions d
    JOIN space_revisions r ON r.id = d.revision_id JOIN spaces s ON s.id = r.space_id
    LEFT JOIN models m ON m.own_space_id = s.id
"""
DERIVED_REVISION = text(f"{DERIVED} WHERE d.revision_id = :revision_id")
# Retired ones are left as they were.
DERIVED_FROM = text(f"""
    {DERIVED} WHERE :revision_id = ANY (d.parents) AND r.state <> 'RETIRED' ORDER BY d.revision_id
""")

# Computed from another revision than the one that answers now: the parent was heard again, or restored.
IS_OUTDATED = text("""
    SELECT d.parents IS DISTINCT FROM (
        SELECT array_agg(parent.active_revision_id ORDER BY p.place)
        FROM derivation_parents p JOIN spaces parent ON parent.id = p.parent_id WHERE p.space_id = s.id
    )
    FROM spaces s JOIN derived_revisions d ON d.revision_id = s.active_revision_id WHERE s.id = :space_id
""")

MARK_READY = text("""
    UPDATE space_revisions r SET state = 'READY' FROM derived_revisions d
    WHERE d.revision_id = r.id AND r.id = :revision_id AND r.state = 'FILLING'
      AND NOT EXISTS (SELECT FROM space_revisions p WHERE p.id = ANY (d.parents) AND p.state = 'FILLING')
""")
FIRST = text("""
    UPDATE space_revisions SET activated_at = now() WHERE id = :revision_id
""")
RETIRE = text("""
    UPDATE space_revisions SET state = 'RETIRED'
    WHERE id = (SELECT active_revision_id FROM spaces WHERE id = :space_id) AND id <> :revision_id
""")
REVISIONS = text("SELECT r.id FROM space_revisions r JOIN spaces s ON s.id = r.space_id WHERE s.name = :name")
LET_GO = text("UPDATE spaces SET active_revision_id = NULL WHERE name = :name")
DROP_SPACE = text("DELETE FROM spaces WHERE name = :name")
ACTIVATE = text("UPDATE spaces SET active_revision_id = :revision_id WHERE id = :space_id")


@dataclass(frozen=True)
class SpaceRow:
    """A space; `revision` and `state` are of its active revision, None where it has none. `kind` and `parents` (ids)
    say what it is computed from."""

    id: int
    name: str
    backend: str
    dimension: int
    active_revision_id: int | None
    revision: str | None
    state: str | None
    kind: str | None
    parents: list[int]


@dataclass(frozen=True)
class Fitted:
    """What a whitening learned from so many tracks: `mean` (dimension,), `projection` (dimension, own dimension)."""

    tracks: int
    mean: NDArray[np.float32]
    projection: NDArray[np.float32]


@dataclass(frozen=True)
class DerivedRevision:
    """A revision of `space` and what it is computed by: the item tower of a model, whose `artefact` has this SHA-256;
    or `mean` and `projection`; without all of these, its parents' vectors side by side."""

    revision_id: int
    space: str
    parents: list[int]
    mean: NDArray[np.float32] | None
    projection: NDArray[np.float32] | None
    artefact: str | None = None


def find_space(connection: Connection, name: str) -> SpaceRow | None:
    return _space(connection, name=name)


def answering_space(connection: Connection, name: str) -> SpaceRow:
    """A space with an active revision. Raises SpaceNotFound, or SpaceNotReady where it is a backend's own."""
    found = find_space(connection, name)
    if found is None and find_facts(name) is None:
        raise SpaceNotFound(name=name, known=", ".join(space_names(connection)) or "none yet")
    if found is None or found.active_revision_id is None:
        raise SpaceNotReady(name=name)
    return found


def refuse_derived(connection: Connection, name: str) -> None:
    """Raises SpaceIsDerived for a space that is computed from others."""
    found = find_space(connection, name)
    if found is not None and found.kind is not None:
        parents = ", ".join(space_by_id(connection, parent).name for parent in found.parents)
        raise SpaceIsDerived(name=name, parents=parents)


def space_names(connection: Connection) -> list[str]:
    """Every space, the oldest first."""
    return list(connection.scalars(SPACE_NAMES))


def space_by_id(connection: Connection, id_: int) -> SpaceRow:
    found = _space(connection, id_=id_)
    if found is None:
        raise LookupError(id_)
    return found


def children(connection: Connection, space_id: int) -> list[SpaceRow]:
    """The spaces that are computed from this one."""
    return [space_by_id(connection, id_) for id_ in connection.scalars(CHILDREN, {"id": space_id})]


def make_space(
    connection: Connection, name: str, backend: str, dimension: int, kind: str, parents: Sequence[int]
) -> int:
    """Make a derived space that does not answer yet; returns its id. Needs the lock of its name."""
    space_id: int = connection.execute(
        INSERT_SPACE, {"name": name, "backend": backend, "dimension": dimension}
    ).scalar_one()
    connection.execute(INSERT_DERIVATION, {"space_id": space_id, "kind": kind})
    for place, parent in enumerate(parents):
        connection.execute(INSERT_PARENT, {"space_id": space_id, "place": place, "parent_id": parent})
    return space_id


def make_revision(
    connection: Connection, space_id: int, dimension: int, revision: str, parents: Sequence[int], fitted: Fitted | None
) -> int:
    """Make an empty revision of a derived space, computed from the revisions `parents`; returns its id.

    Making partitions waits for running queries on embeddings for two seconds at most (OperationalError), and keeps
    others waiting until the transaction ends: commit soon.
    """
    connection.execute(LOCK_TIMEOUT)
    revision_id: int = connection.execute(INSERT_REVISION, {"space_id": space_id, "revision": revision}).scalar_one()
    make_partitions(connection, revision_id, dimension)
    connection.execute(
        INSERT_DERIVED,
        {
            "revision_id": revision_id,
            "parents": list(parents),
            "fitted_on": fitted.tracks if fitted else None,
            "mean": fitted.mean.astype(STORED).tobytes() if fitted else None,
            "projection": fitted.projection.astype(STORED).tobytes() if fitted else None,
        },
    )
    return revision_id


def derived_revision(connection: Connection, revision_id: int) -> DerivedRevision:
    row = connection.execute(DERIVED_REVISION, {"revision_id": revision_id}).one()
    return _derived(*row)


def derived_from(connection: Connection, revision_id: int) -> list[DerivedRevision]:
    """What is computed from a revision, but for what is retired."""
    return [_derived(*row) for row in connection.execute(DERIVED_FROM, {"revision_id": revision_id})]


def is_outdated(connection: Connection, space_id: int) -> bool:
    """Whether a derived space answers with what was computed from another revision than its parents answer with."""
    return bool(connection.scalar(IS_OUTDATED, {"space_id": space_id}))


def activate_derived(connection: Connection, space_id: int, revision_id: int) -> None:
    """Let a filled revision answer for a derived space; the one before is RETIRED. Needs the space's lock."""
    key = {"space_id": space_id, "revision_id": revision_id}
    for statement in (RETIRE, FIRST, ACTIVATE):
        connection.execute(statement, key)
    mark_derived_ready(connection, revision_id)


def drop_space(connection: Connection, name: str) -> None:
    """Drop a derived space with all its revisions. Waits for running searches as `make_revision` does."""
    connection.execute(LOCK_TIMEOUT)
    for revision_id in connection.scalars(REVISIONS, {"name": name}).all():
        drop_partitions(connection, revision_id)
    connection.execute(LET_GO, {"name": name})
    connection.execute(DROP_SPACE, {"name": name})


def mark_derived_ready(connection: Connection, revision_id: int) -> None:
    """A derived revision that answers is READY when those it is computed from are."""
    connection.execute(MARK_READY, {"revision_id": revision_id})


def _space(connection: Connection, *, name: str | None = None, id_: int | None = None) -> SpaceRow | None:
    row = connection.execute(SPACE, {"name": name, "id": id_}).one_or_none()
    return None if row is None else SpaceRow(*row)


def _derived(
    revision_id: int,
    space: str,
    parents: Sequence[int],
    mean: bytes | None,
    projection: bytes | None,
    artefact: str | None,
) -> DerivedRevision:
    if mean is None or projection is None:
        return DerivedRevision(revision_id, space, list(parents), None, None, artefact)
    centre = np.frombuffer(mean, STORED)
    matrix = np.frombuffer(projection, STORED).reshape(len(centre), -1)
    return DerivedRevision(revision_id, space, list(parents), centre, matrix)
