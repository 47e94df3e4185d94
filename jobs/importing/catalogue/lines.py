"""What a row of a catalogue says of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.dates import DateOrder, read_date
from domain.people_playing import read_playing
from jobs.importing.catalogue.durations import read_durations
from jobs.importing.catalogue.rows import Row
from jobs.importing.tag_text import NAME_LENGTH, TITLE_LENGTH, clean, number, people
from sql.catalogue.descriptions import Json, dates_to_json
from sql.catalogue.performer_rows import Performance


@dataclass(frozen=True, slots=True)
class Line:
    """`said` as `Description.overlaid` reads it; `durations` in seconds, all that the catalogue may mean; `problems`
    are values that cannot be read."""

    number: int
    said: Json
    album_id: str | None
    durations: tuple[float, ...] = ()
    problems: list[str] = field(default_factory=list)


class Fields:
    """The values of one row by our names."""

    def __init__(self, row: Row, columns: Mapping[str, str]) -> None:
        self._row = row
        self._columns = columns

    def text(self, ours: str, length: int = TITLE_LENGTH) -> str | None:
        """A value on one line; None where it says that nothing is known ("NaN", "", null, "N/A")."""
        return clean(self.whole(ours), length)

    def whole(self, ours: str) -> str | None:
        """A value as it is; a list of texts with semicolons between, 2015.0 as 2015."""
        return _text(self._row.values.get(self._columns.get(ours, "")))


def read_line(row: Row, columns: Mapping[str, str], order: DateOrder | None) -> Line:
    """Read a row with the columns that the catalogue has (theirs by ours), its dates in their order."""
    fields = Fields(row, columns)
    problems: list[str] = []
    numbers: dict[str, int | None] = {}
    for ours in ("track_no", "disc_no"):
        text = fields.text(ours)
        numbers[ours] = number(text)
        if text and numbers[ours] is None:
            problems.append(f"'{columns[ours]}' is no number from 1: '{text}'")
    duration = fields.text("duration")
    durations = read_durations(duration or "")
    if duration and not durations:
        problems.append(f"'{columns['duration']}' is no length: '{duration}'")
    date_text = fields.text("release_date", NAME_LENGTH)
    said = {
        "id": fields.text("track_id", NAME_LENGTH),
        "title": fields.text("title"),
        "album": fields.text("album_name", NAME_LENGTH),
        "position": numbers["track_no"],
        "disc": numbers["disc_no"],
        "composer": fields.text("composers"),
        "arranger": fields.text("arrangers", NAME_LENGTH),
        "performances": [list(Performance.of(read_playing(name))) for name in people(fields.whole("performers"))],
        "genre": fields.text("genre", NAME_LENGTH),
        "labels": people(fields.whole("labels")),
        "date_text": date_text,
        "dates": dates_to_json(read_date(date_text, order)),
    }
    given = {name: value for name, value in said.items() if value not in (None, [])}
    return Line(row.line, given, fields.text("album_id", NAME_LENGTH), durations, problems)


def _text(value: Any) -> str | None:  # Any: JSON
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return "; ".join(text for item in value if (text := _text(item)))
    return None if isinstance(value, dict) else str(value)
