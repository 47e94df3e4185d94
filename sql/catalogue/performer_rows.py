"""Who plays on which tracks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from domain.people_playing import Playing
from sql.catalogue.composer_rows import Rows

FIND = "SELECT id FROM performers WHERE name = %(name)s"

INSERT = "INSERT INTO performers (name) VALUES (%(name)s) RETURNING id"

PRESENT = """
SELECT p.name, tp.role, tp.instrument
FROM track_performers tp JOIN performers p ON p.id = tp.performer_id
WHERE tp.track_id = %(track_id)s
ORDER BY tp.position, p.name
"""

REMOVE = "DELETE FROM track_performers WHERE track_id = %(track_id)s RETURNING performer_id"

ADD = """
INSERT INTO track_performers (track_id, performer_id, role, instrument, position)
VALUES (%(track_id)s, %(performer_id)s, %(role)s, %(instrument)s, %(position)s)
"""

DROP_UNUSED = """
DELETE FROM performers p WHERE p.id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT FROM track_performers tp WHERE tp.performer_id = p.id)
"""


class Performance(NamedTuple):
    """Who plays; `role` is empty and `instrument` None where nothing says it."""

    name: str
    role: str = ""
    instrument: str | None = None

    @classmethod
    def of(cls, playing: Playing) -> Performance:
        return cls(playing.name, playing.role, playing.instrument)


def set_performances(connection: Rows, track_id: int, performances: Iterable[Performance]) -> None:
    """Make `performances` those of the track, in this order; those of one name and role are one."""
    wanted = united(performances)
    if [Performance(*row) for row in connection.execute(PRESENT, {"track_id": track_id})] == wanted:
        return
    former = {performer_id for (performer_id,) in connection.execute(REMOVE, {"track_id": track_id})}
    for position, performance in enumerate(wanted):
        performer_id = _find_or_make(connection, performance.name)
        former.discard(performer_id)
        values = performance._asdict() | {"track_id": track_id, "performer_id": performer_id, "position": position}
        connection.execute(ADD, values)
    if former:
        connection.execute(DROP_UNUSED, {"ids": list(former)})


def performances_text(connection: Rows, track_id: int) -> str | None:
    """The performances of a track as `domain.people_playing` reads them: "Ana Lima (piano); Quatuor Ébène"."""
    found = []
    for name, role, instrument in connection.execute(PRESENT, {"track_id": track_id}):
        said = ", ".join(filter(None, (role if role != "ensemble" else "", instrument)))
        found.append(f"{name} ({said})" if said else name)
    return "; ".join(found) or None


def united(performances: Iterable[Performance]) -> list[Performance]:
    instruments: dict[tuple[str, str], dict[str, None]] = {}
    for name, role, instrument in performances:
        known = instruments.setdefault((name, role), {})
        known.update(dict.fromkeys(filter(None, (instrument or "").split(", "))))
    return [Performance(name, role, ", ".join(known) or None) for (name, role), known in instruments.items()]


def _find_or_make(connection: Rows, name: str) -> int:
    row = connection.execute(FIND, {"name": name}).fetchone() or connection.execute(INSERT, {"name": name}).fetchone()
    assert row is not None  # noqa: S101 -- RETURNING after an INSERT always has a row
    return int(row[0])
