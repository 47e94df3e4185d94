"""Finds what a person means: by its key, by the id that the API gives it, or by what it is called."""

from __future__ import annotations

import difflib
from typing import Any

from domain.edits import EditKind
from domain.errors.asking import InvalidId, UnknownName
from domain.ids import decode_key
from domain.names import fold
from sql.catalogue.composer_rows import Rows

SUGGESTED = 5

NAMES = {
    EditKind.TRACK: "SELECT id, title FROM tracks ORDER BY sort_key, id",
    EditKind.ALBUM: "SELECT id, title FROM albums ORDER BY sort_key, id",
    EditKind.COMPOSER: "SELECT id, name FROM composers ORDER BY sort_key, id",
    EditKind.WORK: "SELECT id, concat_ws(', ', title, catalogue_number) FROM works ORDER BY title, id",
}


def find_key(connection: Rows, kind: EditKind, named: str) -> int:
    """The key of a row. A name may leave out diacritics, case and punctuation, but must mean one only.

    Raises UnknownName, which suggests others.
    """
    if named.isascii() and named.isdigit() and len(named) < 19:
        return int(named)
    try:
        return decode_key(kind.capitalize(), named)
    except InvalidId:
        rows = connection.execute(NAMES[kind]).fetchall()
    found = [row for row in rows if row[1] == named] or [row for row in rows if fold(row[1]) == fold(named)]
    if len(found) == 1:
        return int(found[0][0])
    raise UnknownName(kind=kind, name=named, hint=_several(found) if found else _alike(named, [row[1] for row in rows]))


def _several(found: list[tuple[Any, ...]]) -> str:  # Any: a key and a name
    return f"There are {len(found)}: say which by its number: {', '.join(str(key) for key, _ in found[:SUGGESTED])}"


def _alike(named: str, given: list[str]) -> str:
    folded = {fold(other): other for other in given}
    words = set(fold(named).split())
    holding = [key for key in folded if words <= set(key.split())]
    near = list(dict.fromkeys([*holding, *difflib.get_close_matches(fold(named), folded, SUGGESTED)]))[:SUGGESTED]
    return f"Did you mean {', '.join(repr(folded[key]) for key in near)}?" if near else "Nothing is called like it."
