"""What a person may correct of the catalogue, and what a correction must look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from domain.errors.curators import InvalidEdit, UnknownField
from domain.ids import shortened

LONGEST_TEXT = 500
LARGEST_NUMBER = 9_999

# A field's new value; None takes the correction back, so that the source's own word stands again.
Changes = Mapping[str, str | None]


class EditKind(StrEnum):
    TRACK = "track"
    ALBUM = "album"
    COMPOSER = "composer"
    WORK = "work"


def _text(value: str) -> str | None:
    line = " ".join(value.split())
    if len(line) > LONGEST_TEXT:
        raise ValueError(f"it takes at most {LONGEST_TEXT} characters.")
    if any(not character.isprintable() for character in line):
        raise ValueError("it holds what cannot be printed.")
    return line or None


def _required(value: str) -> str | None:
    line = _text(value)
    if line is None:
        raise ValueError("it must not be empty.")
    return line


def _number(value: str) -> str | None:
    digits = value.strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()) or not 1 <= int(digits[:9]) <= LARGEST_NUMBER:
        raise ValueError(f"it takes a number from 1 to {LARGEST_NUMBER:,}.")
    return str(int(digits))


FIELDS: dict[EditKind, dict[str, Callable[[str], str | None]]] = {
    EditKind.TRACK: {
        "title": _required,
        "composer": _text,
        "arranger": _text,
        "performers": _text,
        "disc": _number,
        "position": _number,
        "work": _text,
        "movement": _text,
        "movement_number": _number,
    },
    EditKind.ALBUM: {"title": _required, "artist": _text, "date_text": _text},
    EditKind.COMPOSER: {"name": _required},
    EditKind.WORK: {"title": _required, "catalogue_number": _text},
}


def checked(kind: EditKind, changes: Changes) -> dict[str, str | None]:
    """The new values of fields as they are stored, None for nothing; fields whose value is None are left out.

    Raises UnknownField and InvalidEdit.
    """
    values = {}
    for name, value in changes.items():
        if name not in FIELDS[kind]:
            raise UnknownField(field=shortened(name), kind=kind, known=", ".join(FIELDS[kind]))
        if value is None:
            continue
        try:
            values[name] = FIELDS[kind][name](value)
        except ValueError as error:
            raise InvalidEdit(field=name, kind=kind, value=shortened(value), reason=str(error)) from None
    return values
