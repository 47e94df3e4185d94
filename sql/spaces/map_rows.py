"""Maps of space revisions, written by the job that lays them out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, Integer, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

ACTIVE = text("""
    SELECT s.name, s.active_revision_id FROM spaces s
    WHERE s.name = :space AND s.active_revision_id IS NOT NULL
""")

DRAWN = text("""
    SELECT EXISTS (
        SELECT FROM space_maps m JOIN space_revisions r ON r.id = m.revision_id JOIN spaces s ON s.id = r.space_id
        WHERE s.name = :space
    )
""")

DELETE = text("DELETE FROM space_maps WHERE revision_id = :r")
INSERT = text("INSERT INTO space_maps (revision_id, method) SELECT id, :method FROM space_revisions WHERE id = :r")
# Tracks that were removed meanwhile are left out.
INSERT_POINTS = text("""
    INSERT INTO map_points (revision_id, track_id, x, y)
    SELECT :r, p.track_id, p.x, p.y
    FROM unnest(:ids, :xs, :ys) AS p (track_id, x, y)
    JOIN tracks t ON t.id = p.track_id
    WHERE EXISTS (SELECT FROM space_maps m WHERE m.revision_id = :r)
""").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger)),
    bindparam("xs", type_=ARRAY(Integer)),
    bindparam("ys", type_=ARRAY(Integer)),
)


class Drawn(NamedTuple):
    """A revision's map: `places` (n, 2) of the tracks with `ids` (n,)."""

    method: str
    ids: NDArray[np.int64]
    places: NDArray[np.int32]


def active_revision(connection: Connection, space: str) -> int | None:
    """The revision that answers for a space; None where none does."""
    row = connection.execute(ACTIVE, {"space": space}).one_or_none()
    return None if row is None else int(row.active_revision_id)


def was_drawn(connection: Connection, space: str) -> bool:
    """Whether a revision of a space has a map."""
    return bool(connection.scalar(DRAWN, {"space": space}))


def save_map(connection: Connection, revision_id: int, drawn: Drawn) -> None:
    """In place of an earlier one. A revision that was dropped meanwhile gets none."""
    connection.execute(DELETE, {"r": revision_id})
    connection.execute(INSERT, {"r": revision_id, "method": drawn.method})
    xs, ys = drawn.places.T.tolist() if len(drawn.places) else ([], [])
    connection.execute(INSERT_POINTS, {"r": revision_id, "ids": drawn.ids.tolist(), "xs": xs, "ys": ys})
