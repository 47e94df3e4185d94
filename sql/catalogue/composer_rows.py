"""Composers and the spellings that mean them."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from domain.names import person_sort_key
from domain.people import Name, is_better_spelling, keys, may_be_one, read_name
from domain.people_credits import Credit
from domain.people_known import Known, known_composer, possible_composers

ALIAS = (
    "SELECT id, composer_id, alias FROM composer_aliases WHERE key = ANY(%(keys)s) ORDER BY decided DESC, id LIMIT 1"
)

INSERT_ALIAS = """
INSERT INTO composer_aliases (composer_id, alias, key, decided)
VALUES (%(composer_id)s, %(alias)s, %(key)s, %(decided)s)
RETURNING id
"""

KNOWN_COMPOSER = "SELECT id FROM composers WHERE known = %(known)s"

COMPOSER_NAMED = "SELECT id FROM composers WHERE name = %(name)s"

INSERT_COMPOSER = """
INSERT INTO composers (name, sort_key, known, person) VALUES (%(name)s, %(sort_key)s, %(known)s, %(person)s)
RETURNING id
"""

SAME_SURNAME = """
SELECT a.alias FROM composers c JOIN composer_aliases a ON a.composer_id = c.id
WHERE strpos(' ' || c.sort_key || ' ', ' ' || %(surname)s || ' ') > 0 AND c.known IS NULL
"""

RENAME = """
UPDATE composers SET name = %(name)s, sort_key = %(sort_key)s
WHERE id = %(id)s AND NOT EXISTS (SELECT FROM composers o WHERE o.name = %(name)s)
  AND NOT EXISTS (SELECT FROM edits e WHERE e.kind = 'composer' AND e.item_id = %(id)s)
"""

DROP_UNUSED = """
DELETE FROM composers c WHERE c.id = ANY(%(ids)s)
  AND NOT EXISTS (SELECT FROM tracks t WHERE t.composer_id = c.id)
  AND NOT EXISTS (SELECT FROM track_composers tc WHERE tc.composer_id = c.id)
  AND NOT EXISTS (SELECT FROM composer_aliases a WHERE a.composer_id = c.id AND a.decided)
  AND NOT EXISTS (SELECT FROM edits e WHERE e.kind = 'composer' AND e.item_id = c.id)
"""

Rows = Connection[tuple[Any, ...]]  # Any: columns of every type


class Alias(NamedTuple):
    """A stored spelling: its key, and whom it means."""

    id: int
    composer_id: int


def find_or_make(connection: Rows, credit: Credit) -> Alias:
    """The spelling of a credit and its composer; both are made where they are not there.

    What a person decided comes first, then what the same spelling meant before, then whom the list of known composers
    means by it beyond doubt, unless the archive has someone else who may be meant. Else it is a composer of its own.
    """
    name = credit.name
    found = connection.execute(ALIAS, {"keys": list(keys(name))}).fetchone()
    if found:
        alias_id, composer_id, spelled = found
        _spell_better(connection, composer_id, name, read_name(spelled))
        return Alias(alias_id, composer_id)
    known = known_composer(name)
    if known and _is_someone_else(connection, name, known):
        known = None
    composer_id = _composer(connection, name, known)
    return Alias(add_alias(connection, composer_id, credit.text, name.key), composer_id)


def add_alias(connection: Rows, composer_id: int, alias: str, key: str, *, decided: bool = False) -> int:
    return _made(connection, INSERT_ALIAS, composer_id=composer_id, alias=alias, key=key, decided=decided)


def make_composer(connection: Rows, name: str, known: str | None = None, *, person: bool = True) -> int:
    """A new composer. Where another has the name already, this one's name says so ("Bach [2]")."""
    unused, number = name, 1
    while connection.execute(COMPOSER_NAMED, {"name": unused}).fetchone():
        number += 1
        unused = f"{name} [{number}]"
    return _made(connection, INSERT_COMPOSER, name=unused, sort_key=person_sort_key(unused), known=known, person=person)


def drop_unused(connection: Rows, ids: list[int]) -> None:
    """Composers whom nothing refers to go, unless a person decided something about them."""
    connection.execute(DROP_UNUSED, {"ids": ids})


def _composer(connection: Rows, name: Name, known: Known | None) -> int:
    if known:
        found = connection.execute(KNOWN_COMPOSER, {"known": known.key}).fetchone()
        return found[0] if found else make_composer(connection, known.shown, known.key)
    found = connection.execute(COMPOSER_NAMED, {"name": name.shown}).fetchone()
    if (
        found
        and not connection.execute(
            "SELECT 1 FROM composer_aliases WHERE composer_id = %(id)s", {"id": found[0]}
        ).fetchone()
    ):
        return int(found[0])  # made before spellings were kept
    return make_composer(connection, name.shown, person=name.person)


def _is_someone_else(connection: Rows, name: Name, known: Known) -> bool:
    """Whether the archive has someone, not of the list, whom a short spelling may mean as well."""
    if name.words in {spelling.words for spelling in known.spellings}:
        return False
    rows = connection.execute(SAME_SURNAME, {"surname": name.surname[-1]})
    others = [other for (alias,) in rows if may_be_one(name, other := read_name(alias))]
    return any(known not in possible_composers(other) for other in others)


def _spell_better(connection: Rows, composer_id: int, name: Name, former: Name) -> None:
    """Names a composer by the better of two spellings that differ in nothing but diacritics and capitals."""
    if name.shown != former.shown and name.key == former.key and is_better_spelling(name.shown, former.shown):
        parameters = {"id": composer_id, "name": name.shown, "sort_key": person_sort_key(name.shown)}
        if not connection.execute(
            "SELECT 1 FROM composers WHERE id = %(id)s AND known IS NOT NULL", parameters
        ).fetchone():
            connection.execute(RENAME, parameters)


def _made(connection: Rows, statement: str, **values: Any) -> int:  # Any: column values
    row = connection.execute(statement, values).fetchone()
    assert row is not None  # noqa: S101 -- RETURNING after an INSERT always has a row
    return int(row[0])
