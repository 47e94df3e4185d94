"""The rows of a catalogue file: a JSON list of objects, or CSV with a header."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.errors.catalogues import CatalogueUnreadable

# Longer than any text about a recording; where a quote is not closed, a cell swallows the rest of the file.
LONGEST_CELL = 100_000
DELIMITERS = ",;\t|"

_SPACE = re.compile(r"[ \t\r\n]*")
# PostgreSQL stores neither NULs nor halves of surrogate pairs.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Row(NamedTuple):
    """A row by the names of its columns, as JSON can hold it; `line` is the entry of a JSON list, or the line of CSV on
    which the row begins. `problem` says why a row cannot be used."""

    line: int
    values: dict[str, Any]  # Any: JSON
    problem: str | None = None


def json_rows(text: str, name: str) -> Iterator[Row]:
    """Raises CatalogueUnreadable, with line and column, where the JSON is broken or no list of objects."""
    decoder = json.JSONDecoder()
    place = _SPACE.match(text).end()  # type: ignore[union-attr]  # matches anything
    if text[place : place + 1] == "{":
        yield from _wrapped(decoder, text, place, name)
        return
    if text[place : place + 1] != "[":
        raise _broken(name, text, place, "a list of entries should begin here")
    place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]
    number = 0
    while text[place : place + 1] != "]":
        number += 1
        try:
            value, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise _broken(name, text, error.pos, error.msg) from error
        except RecursionError as error:
            raise _broken(name, text, place, "it is nested too deep") from error
        yield _json_row(number, value)
        place = _SPACE.match(text, place).end()  # type: ignore[union-attr]
        if text[place : place + 1] == ",":
            place = _SPACE.match(text, place + 1).end()  # type: ignore[union-attr]
        elif text[place : place + 1] != "]":
            raise _broken(name, text, place, "a comma or the end of the list should be here")


def csv_rows(text: str, name: str, known: frozenset[str]) -> Iterator[Row]:
    """Rows under the names of the first line; `known` names help to tell how columns are parted.

    A row that holds more than there are columns is not usable: its values would stand under wrong names. Raises
    CatalogueUnreadable.
    """
    csv.field_size_limit(LONGEST_CELL)
    skipped = re.match(r"sep=(.)\r?\n", text)  # a note of Excel to itself
    body = text[skipped.end() :] if skipped else text
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=skipped[1] if skipped else _delimiter(body, known))
    before = 1 if skipped else 0
    begins = 1 + before
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header) or len(set(header)) < len(header):
            repeated = next((column for column in header if header.count(column) > 1), "")
            reason = f"two columns are called '{repeated}'" if repeated else "it has no line with names of columns"
            raise CatalogueUnreadable(path=name, reason=reason)
        while True:
            begins = reader.line_num + 1 + before
            cells = next(reader, None)
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield _csv_row(begins, header, cells)
    except csv.Error as error:
        reason = f"{error} (line {begins}; is a quotation mark not closed there?)"
        raise CatalogueUnreadable(path=name, reason=reason) from error


def storable(value: Any) -> Any:  # Any: JSON in and out
    """`value` as the database can keep it: numbers that are none become the text that they are, as do NULs."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("�", value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else str(value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


def _wrapped(decoder: json.JSONDecoder, text: str, place: int, name: str) -> Iterator[Row]:
    """The only list in an object: {"tracks": […]}."""
    try:
        value, _ = decoder.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise _broken(name, text, error.pos, error.msg) from error
    except RecursionError as error:
        raise _broken(name, text, place, "it is nested too deep") from error
    lists = [item for item in value.values() if isinstance(item, list)]
    if len(lists) != 1:
        raise _broken(name, text, place, "a list of entries should begin here")
    for number, item in enumerate(lists[0], 1):
        yield _json_row(number, item)


def _json_row(number: int, value: Any) -> Row:  # Any: JSON
    if isinstance(value, dict):
        return Row(number, storable(value))
    return Row(number, {"": storable(value)}, "it is no object with named values")


def _csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    extra = [cell for cell in cells[len(header) :] if cell.strip()]
    values = dict(zip(header, map(storable, cells), strict=False))
    if extra:
        problem = f"it has {len(cells)} cells under {len(header)} names of columns"
        return Row(line, values | {"": storable(cells[len(header) :])}, problem)
    return Row(line, values)


def _delimiter(text: str, known: frozenset[str]) -> str:
    """The delimiter under which the header has the most known names, else the most names."""
    head = text[:LONGEST_CELL].partition("\n")[0]

    def fit(delimiter: str) -> tuple[int, int]:
        names = [name.strip().casefold() for name in next(csv.reader([head], delimiter=delimiter), [])]
        return len(known.intersection(names)), len(names)

    return max(DELIMITERS, key=fit)


def _broken(name: str, text: str, place: int, what: str) -> CatalogueUnreadable:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return CatalogueUnreadable(path=name, reason=f"line {line}, column {column}: {what}")
