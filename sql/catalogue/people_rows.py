"""Composers and performers, found or made by name. Those that nothing refers to any more go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, text

from domain.names import person_sort_key

FIND_COMPOSER = text("SELECT id FROM composers WHERE name = :name")

INSERT_COMPOSER = text("INSERT INTO composers (name, sort_key) VALUES (:name, :sort_key) RETURNING id")

DROP_COMPOSER_IF_UNUSED = text("""
    DELETE FROM composers WHERE id = :id AND NOT EXISTS (SELECT FROM tracks WHERE composer_id = :id)
""")

FIND_PERFORMER = text("SELECT id FROM performers WHERE name = :name")

INSERT_PERFORMER = text("INSERT INTO performers (name) VALUES (:name) RETURNING id")

PERFORMANCES = text("""
    SELECT p.name, tp.role
    FROM track_performers tp JOIN performers p ON p.id = tp.performer_id
    WHERE tp.track_id = :track_id
    ORDER BY tp.position, p.name
""")

DELETE_PERFORMANCES = text("DELETE FROM track_performers WHERE track_id = :track_id RETURNING performer_id")

INSERT_PERFORMANCE = text("""
    INSERT INTO track_performers (track_id, performer_id, role, position)
    VALUES (:track_id, :performer_id, :role, :position)
""")

DROP_PERFORMER_IF_UNUSED = text("""
    DELETE FROM performers WHERE id = :id AND NOT EXISTS (SELECT FROM track_performers WHERE performer_id = :id)
""")


class Performance(NamedTuple):
    """Who plays; `role` is empty where nothing says as what."""

    name: str
    role: str


def find_or_make_composer(connection: Connection, name: str | None) -> int | None:
    if name is None:
        return None
    return _find_or_make(connection, FIND_COMPOSER, INSERT_COMPOSER, {"name": name, "sort_key": person_sort_key(name)})


def drop_composer_if_unused(connection: Connection, composer_id: int) -> None:
    connection.execute(DROP_COMPOSER_IF_UNUSED, {"id": composer_id})


def set_performances(connection: Connection, track_id: int, performances: Sequence[Performance]) -> None:
    """Make `performances` (each once) those of the track, in this order."""
    present = [Performance(*row) for row in connection.execute(PERFORMANCES, {"track_id": track_id})]
    if present == list(performances):
        return
    former = set(connection.execute(DELETE_PERFORMANCES, {"track_id": track_id}).scalars())
    for position, performance in enumerate(performances):
        performer_id = _find_or_make(connection, FIND_PERFORMER, INSERT_PERFORMER, {"name": performance.name})
        former.discard(performer_id)
        connection.execute(
            INSERT_PERFORMANCE,
            {"track_id": track_id, "performer_id": performer_id, "role": performance.role, "position": position},
        )
    for performer_id in former:
        connection.execute(DROP_PERFORMER_IF_UNUSED, {"id": performer_id})


def _find_or_make(connection: Connection, find: TextClause, make: TextClause, values: dict[str, str]) -> int:
    found: int | None = connection.scalar(find, values)
    if found is not None:
        return found
    made: int = connection.execute(make, values).scalar_one()
    return made
