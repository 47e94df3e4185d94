"""Works, and which of their movements tracks are recordings of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from domain.people_known import known_by_key
from domain.works import Title, movement_key, read_title, work_key
from domain.works_numbers import read_numbers, without_catalogue
from sql.catalogue.composer_rows import Rows

# Whoever lived earlier wrote dozens of works of a kind and key; the list of known composers gives the year.
MANY_OF_A_KEY_BEFORE = 1780

TRACKS = """
SELECT t.id, t.title, t.composer_id, t.work_id, c.known, c.person
FROM tracks t LEFT JOIN composers c ON c.id = t.composer_id
WHERE t.id = ANY(%(ids)s) ORDER BY t.id
"""

EDITS = """
SELECT item_id, field, value FROM edits
WHERE kind = 'track' AND item_id = ANY(%(ids)s) AND field IN ('work', 'movement', 'movement_number')
"""

FIND = """
SELECT w.composer_id, w.key, w.id
FROM unnest(%(composers)s::bigint[], %(keys)s::text[]) AS asked (composer_id, key)
JOIN works w USING (composer_id, key)
"""

INSERT = """
INSERT INTO works (composer_id, key, title, catalogue_number)
SELECT * FROM unnest(%(composers)s::bigint[], %(keys)s::text[], %(titles)s::text[], %(numbers)s::text[])
RETURNING composer_id, key, id
"""

ASSIGN = """
UPDATE tracks t
SET work_id = a.work_id, movement_number = a.number, movement = a.movement, movement_key = a.key
FROM unnest(%(ids)s::bigint[], %(works)s::bigint[], %(numbers)s::int[], %(movements)s::text[], %(keys)s::text[])
    AS a (id, work_id, number, movement, key)
WHERE t.id = a.id AND (t.work_id, t.movement_number, t.movement, t.movement_key)
    IS DISTINCT FROM (a.work_id, a.number, a.movement, a.key)
"""

DROP_UNUSED = """
DELETE FROM works w WHERE w.id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT FROM tracks t WHERE t.work_id = w.id)
  AND NOT EXISTS (SELECT FROM edits e WHERE e.kind = 'work' AND e.item_id = w.id)
"""


class _Said(NamedTuple):
    """What is said of one track's work; `key` is None where that is none that can be told from others."""

    composer_id: int | None
    title: Title

    @property
    def key(self) -> tuple[int, str] | None:
        if self.composer_id is None or self.title.work_key is None:
            return None
        return self.composer_id, self.title.work_key


def assign_works(connection: Rows, track_ids: Iterable[int]) -> None:
    """Read the titles of tracks and make their works and movements what they say, or what a person said in their
    place. Works without tracks go, unless a person edited them."""
    ids = list(track_ids)
    edits: dict[int, dict[str, str | None]] = {}
    for track_id, name, value in connection.execute(EDITS, {"ids": ids}):
        edits.setdefault(track_id, {})[name] = value
    said, former = {}, set()
    for track_id, title, composer_id, work_id, known, person in connection.execute(TRACKS, {"ids": ids}):
        read = edited_title(_without_guess(read_title(title), known), edits.get(track_id, {}))
        said[track_id] = _Said(composer_id if person else None, read)
        former.add(work_id)
    works = _find_or_make(connection, said.values())
    connection.execute(
        ASSIGN,
        {
            "ids": list(said),
            "works": [works.get(one.key) if one.key else None for one in said.values()],
            "numbers": [one.title.movement_number for one in said.values()],
            "movements": [one.title.movement for one in said.values()],
            "keys": [one.title.movement_key for one in said.values()],
        },
    )
    unused = former - set(works.values()) - {None}
    if unused:
        connection.execute(DROP_UNUSED, {"ids": list(unused)})


def edited_title(read: Title, edits: dict[str, str | None]) -> Title:
    """What a title says, with what a person said in its place."""
    work, catalogue_number, key = read.work, read.catalogue_number, read.work_key
    if "work" in edits:
        named = edits["work"]
        catalogue_number = read_numbers(named).catalogue if named else None
        work = (without_catalogue(named) or named) if named else None
        key = work_key(named, None) if named else None
    number, movement = read.movement_number, read.movement
    if "movement_number" in edits:
        number = int(edits["movement_number"]) if edits["movement_number"] else None
    if "movement" in edits:
        movement = edits["movement"] or None
    told = movement_key(movement, number) if edits else read.movement_key
    return Title(work, catalogue_number, key, number, movement, told)


def _without_guess(read: Title, known: str | None) -> Title:
    """A title whose work only its musical key tells from others says too little of who wrote many of a kind."""
    composer = known_by_key(known) if known else None
    if read.by_key_alone and composer and composer.born < MANY_OF_A_KEY_BEFORE:
        return Title(None, None, None, read.movement_number, read.movement, read.movement_key)
    return read


def _find_or_make(connection: Rows, said: Iterable[_Said]) -> dict[tuple[int, str], int]:
    wanted: dict[tuple[int, str], Title] = {}
    for one in said:
        if one.key:
            wanted.setdefault(one.key, one.title)
    if not wanted:
        return {}
    found = _by_key(connection, FIND, _columns(wanted))
    missing = {key: title for key, title in wanted.items() if key not in found}
    if missing:
        columns = _columns(missing) | {
            "titles": [title.work for title in missing.values()],
            "numbers": [title.catalogue_number for title in missing.values()],
        }
        found |= _by_key(connection, INSERT, columns)
    return found


def _columns(keys: Iterable[tuple[int, str]]) -> dict[str, list[Any]]:  # Any: columns of every type
    ordered = list(keys)
    return {"composers": [composer for composer, _ in ordered], "keys": [key for _, key in ordered]}


def _by_key(connection: Rows, statement: Any, columns: dict[str, list[Any]]) -> dict[tuple[int, str], int]:  # Any: SQL
    return {(composer, key): work_id for composer, key, work_id in connection.execute(statement, columns)}
