"""What people decide about spellings of composers: which are one, and which are not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.errors.asking import UnknownName
from domain.errors.curators import NothingToSplit
from domain.names import fold
from domain.people import Name, keys, read_name
from domain.people_credits import read_credits
from domain.people_doubts import Doubt, Spelling, doubts
from domain.people_known import known_composer
from sql.catalogue.composer_rows import Rows, add_alias, drop_unused, make_composer
from sql.catalogue.edit_rows import LOCK
from sql.catalogue.work_rows import assign_works

NAMES_SUGGESTED = 5

ALIASES = """
SELECT a.alias, a.decided, c.name, c.id
FROM composer_aliases a JOIN composers c ON c.id = a.composer_id
ORDER BY c.sort_key, c.id, a.decided DESC, a.id
"""

# Composers that were written down before spellings were kept.
WITHOUT_ALIAS = """
SELECT c.id, c.name FROM composers c
WHERE NOT EXISTS (SELECT FROM composer_aliases a WHERE a.composer_id = c.id) ORDER BY c.id
"""

COMPOSERS = "SELECT id, name FROM composers ORDER BY sort_key, id"

ALIAS = "SELECT id, composer_id, alias FROM composer_aliases WHERE key = ANY(%(keys)s) ORDER BY id LIMIT 1"

ALIASES_OF = "SELECT id, alias FROM composer_aliases WHERE composer_id = %(id)s ORDER BY id"

POINT = "UPDATE composer_aliases SET composer_id = %(to)s, decided = true WHERE id = ANY(%(ids)s)"

# A track that both composed keeps the one it has.
MOVE_CREDITS = """
UPDATE track_composers tc SET composer_id = %(to)s
WHERE tc.alias_id = ANY(%(ids)s) AND tc.composer_id <> %(to)s
  AND NOT EXISTS (SELECT FROM track_composers o WHERE o.track_id = tc.track_id AND o.composer_id = %(to)s)
RETURNING tc.track_id
"""

DROP_DOUBLE_CREDITS = """
DELETE FROM track_composers tc WHERE tc.alias_id = ANY(%(ids)s) AND tc.composer_id <> %(to)s RETURNING tc.track_id
"""

# Rows whose credits are not kept one by one.
MOVE_TRACKS = "UPDATE tracks SET composer_id = %(to)s WHERE composer_id = %(from)s RETURNING id"

SET_PRINCIPALS = """
UPDATE tracks t SET composer_id = (
    SELECT tc.composer_id FROM track_composers tc WHERE tc.track_id = t.id ORDER BY tc.position LIMIT 1)
WHERE t.id = ANY(%(ids)s)
"""

MOVE_WORKS = """
UPDATE works w SET composer_id = %(to)s
WHERE w.composer_id = %(from)s AND NOT EXISTS (SELECT FROM works o WHERE o.composer_id = %(to)s AND o.key = w.key)
"""


class AliasRow(NamedTuple):
    """One spelling, whether a person decided about it, and whose it is."""

    alias: str
    decided: bool
    composer: str
    composer_id: int


def aliases(connection: Rows) -> list[AliasRow]:
    """All spellings, by composer."""
    for composer_id, name in connection.execute(WITHOUT_ALIAS).fetchall():
        if not connection.execute(ALIAS, {"keys": [read_name(name).key]}).fetchone():
            add_alias(connection, composer_id, name, read_name(name).key)
    return [AliasRow(*row) for row in connection.execute(ALIASES)]


def doubtful(connection: Rows) -> list[Doubt]:
    """Spellings of which only a person can say whose they are."""
    return doubts([_spelling(row) for row in aliases(connection)])


def merge(connection: Rows, into: str, others: Iterable[str]) -> list[str]:
    """File other composers, or single spellings, under one, and remember it. Returns the spellings that moved.

    `into` names a composer, or one of the list of known composers who is made then. Raises UnknownName.
    """
    lock(connection)
    aliases(connection)
    target = _composer(connection, into, make=True)
    moved: list[str] = []
    for other in others:
        whole = _composer_named(connection, other)
        if whole is not None and whole != target:
            moved += _move(connection, connection.execute(ALIASES_OF, {"id": whole}).fetchall(), target, whole)
        else:
            moved += _move(connection, [_alias(connection, other)], target, None)
    return moved


def split(connection: Rows, alias: str) -> str:
    """Give a spelling a composer of its own, and remember it; one that has one already stays apart for good.

    Returns the composer's name. Raises UnknownName and NothingToSplit.
    """
    lock(connection)
    aliases(connection)
    alias_id, spelled = _alias(connection, alias)
    found = connection.execute("SELECT composer_id FROM composer_aliases WHERE id = %(id)s", {"id": alias_id})
    [(former,)] = found.fetchall()
    shared = connection.execute(ALIASES_OF, {"id": former}).fetchall()
    name = read_name(spelled)
    [(named, known)] = connection.execute(
        "SELECT name, known FROM composers WHERE id = %(id)s", {"id": former}
    ).fetchall()
    if len(shared) == 1 and (known is None or named == name.shown):
        if known is not None:
            raise NothingToSplit(alias=spelled, composer=named)
        connection.execute(POINT, {"to": former, "ids": [alias_id]})
        return str(named)
    own = make_composer(connection, name.shown, person=name.person)
    _move(connection, [(alias_id, spelled)], own, None)
    [(named,)] = connection.execute("SELECT name FROM composers WHERE id = %(id)s", {"id": own}).fetchall()
    return str(named)


def file_under(connection: Rows, composer: str, alias: str, *, settle: bool) -> bool:
    """Decide that a spelling means a composer, whom the archive may not have yet, nor the spelling; with `settle` also
    where that is how it stands. Returns whether anything changes. Call it under `lock`."""
    credits = read_credits(alias)
    name = credits[0].name if credits else read_name(alias)
    target = _composer_named(connection, composer)
    present = connection.execute(ALIAS, {"keys": list(keys(name))}).fetchone()
    if target is None:
        known = known_composer(read_name(composer))
        target = make_composer(connection, composer, known.key if known and known.shown == composer else None)
    if present is None:
        add_alias(connection, target, alias, name.key, decided=True)
        return True
    alias_id, former, spelled = present
    if former != target:
        _move(connection, [(alias_id, spelled)], target, None)
    elif settle:
        connection.execute(POINT, {"to": target, "ids": [alias_id]})
    return former != target or settle


def lock(connection: Rows) -> None:
    """Wait until no import writes; holds until the transaction ends."""
    connection.execute(LOCK)


def _move(connection: Rows, moving: Sequence[tuple[int, str]], to: int, whole: int | None) -> list[str]:
    """Point spellings at a composer, with their tracks and works; `whole` is the composer who has no others."""
    ids = [alias_id for alias_id, _ in moving]
    former = {
        key
        for (key,) in connection.execute(
            "SELECT DISTINCT composer_id FROM composer_aliases WHERE id = ANY(%(ids)s)", {"ids": ids}
        )
    }
    connection.execute(POINT, {"to": to, "ids": ids})
    parameters = {"to": to, "ids": ids}
    tracks = {key for (key,) in connection.execute(MOVE_CREDITS, parameters).fetchall()}
    tracks |= {key for (key,) in connection.execute(DROP_DOUBLE_CREDITS, parameters).fetchall()}
    connection.execute(SET_PRINCIPALS, {"ids": list(tracks)})
    if whole is not None:
        tracks |= {key for (key,) in connection.execute(MOVE_TRACKS, {"to": to, "from": whole}).fetchall()}
        connection.execute(MOVE_WORKS, {"to": to, "from": whole})
    assign_works(connection, tracks)
    drop_unused(connection, list(former - {to}))
    return [alias for _, alias in moving]


def _composer(connection: Rows, name: str, *, make: bool) -> int:
    found = _composer_named(connection, name)
    if found is not None:
        return found
    alias = connection.execute(ALIAS, {"keys": list(keys(read_name(name)))}).fetchone()
    if alias:
        return int(alias[1])
    known = known_composer(read_name(name))
    if make and known:
        row = connection.execute("SELECT id FROM composers WHERE known = %(key)s", {"key": known.key}).fetchone()
        if row:
            return int(row[0])
        made = make_composer(connection, known.shown, known.key)
        add_alias(connection, made, known.shown, known.key)
        return made
    raise UnknownName(kind="composer", name=name, hint=_hint(connection, name))


def _composer_named(connection: Rows, name: str) -> int | None:
    """The composer of exactly this name, else of this name but for case, diacritics and punctuation."""
    rows = connection.execute(COMPOSERS).fetchall()
    exact = [key for key, given in rows if given == name] or [key for key, given in rows if fold(given) == fold(name)]
    return exact[0] if len(exact) == 1 else None


def _alias(connection: Rows, alias: str) -> tuple[int, str]:
    credits = read_credits(alias)
    name: Name = credits[0].name if credits else read_name(alias)
    found = connection.execute(ALIAS, {"keys": list(keys(name))}).fetchone()
    if found is None:
        raise UnknownName(kind="composer", name=alias, hint=_hint(connection, alias))
    return found[0], found[2]


def _hint(connection: Rows, name: str) -> str:
    given = {fold(row.alias): row.alias for row in aliases(connection)}
    words = set(fold(name).split())
    holding = [key for key in given if words & set(key.split())]
    near = dict.fromkeys([*difflib.get_close_matches(fold(name), given, NAMES_SUGGESTED), *holding])
    if not near:
        return "Nobody is called like it. List all with: segue composers"
    return f"Did you mean {', '.join(repr(given[key]) for key in list(near)[:NAMES_SUGGESTED])}?"


def _spelling(row: AliasRow) -> Spelling:
    credits = read_credits(row.alias)
    if len(credits) == 1:
        return Spelling(row.alias, credits[0].name, row.composer, row.decided, credits[0].joint)
    return Spelling(row.alias, read_name(row.alias), row.composer, row.decided)
