"""Cursors: where a page ends, opaque to clients, bound to the list and the order they were made for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain.errors.asking import InvalidCursor
from domain.ids import shortened
from sql.catalogue.pages import Key

# Goes up when the meaning of keys changes, so that cursors from before are refused instead of misread.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Cursors:
    """Cursors of one list in one order, such as "tracks by TITLE"; `types` are those of its key's values."""

    list_name: str
    types: tuple[type, ...]

    def encode(self, key: Key) -> str:
        """The cursor of the row with this key."""
        return base64.urlsafe_b64encode(orjson.dumps([VERSION, self.list_name, *key])).decode("ascii")

    def decode(self, cursor: str | None) -> Key | None:
        """The key behind `after`; None for none. Raises InvalidCursor for anything but this list's own cursors."""
        if cursor is None:
            return None
        try:
            version, list_name, *values = orjson.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
            if (version, list_name, len(values)) != (VERSION, self.list_name, len(self.types)):
                raise ValueError("of another list")
            return tuple(_READ[kind](value) for kind, value in zip(self.types, values, strict=True))
        except (ValueError, TypeError, binascii.Error):
            raise InvalidCursor(cursor=shortened(cursor)) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("not a text")
    return value


def _integer(value: object) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError("not a bigint")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    return float(value)


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


_READ: dict[type, Callable[[Any], Any]] = {  # Any: each reads its own type from JSON
    str: _text,
    int: _integer,
    float: _number,
    datetime: _moment,
    UUID: lambda value: UUID(_text(value)),
}
