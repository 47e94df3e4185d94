"""The lines of a file of segments: which track, from when to when, by whom."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors.catalogues import CatalogueUnreadable, SegmentsUnreadable
from jobs.importing.catalogue.encoding import decode
from jobs.importing.catalogue.rows import Row, csv_rows, json_rows
from jobs.importing.tag_text import clean
from sql.spaces.embeddings import OWN_SOURCE

# Names of columns, whatever their case and whatever parts their words: "startMs", "start_ms", "Start ms".
TRACK = ("track", "trackid", "externalid", "catalogueid", "audios3key", "s3key", "file", "filepath", "filename", "path")
START, END, LABEL, CREATOR = "startms", "endms", "label", "creator"
KNOWN = frozenset((*TRACK, START, END, LABEL, CREATOR, "start_ms", "end_ms", "track_id"))

LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One segment as a file tells it: `tracks` is what may name its track, the likeliest first; ends in seconds, to the
    millisecond."""

    number: int
    tracks: tuple[str, ...]
    start_seconds: float
    end_seconds: float
    label: str | None
    creator: str


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that tells no segment, and why."""

    number: int
    reason: str


def read_lines(path: Path, creator: str | None = None) -> Iterator[Line | BrokenLine]:
    """The lines of a JSON list of objects, or of CSV with a header. `creator` is whose they are where a line does not
    say it.

    Raises SegmentsUnreadable.
    """
    try:
        text = decode(path.read_bytes()).text
        is_json = text.lstrip()[:1] in ("[", "{")
        rows = json_rows(text, str(path)) if is_json else csv_rows(text, str(path), KNOWN)
        for row in rows:
            yield _line(row, creator)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "its text is damaged"
        raise SegmentsUnreadable(path=path, reason=reason) from error
    except CatalogueUnreadable as error:
        raise SegmentsUnreadable(path=path, reason=error.details["reason"]) from error


def _line(row: Row, creator: str | None) -> Line | BrokenLine:
    if row.problem:
        return BrokenLine(row.line, row.problem)
    values = {re.sub(r"[\W_]+", "", str(name)).casefold(): value for name, value in row.values.items()}
    tracks = tuple(text for name in TRACK if (text := _text(values, name)))
    made_by = _text(values, CREATOR) or creator
    start, end = _seconds(values.get(START)), _seconds(values.get(END))
    if not tracks:
        return BrokenLine(row.line, "it names no track")
    if start is None or end is None:
        name, value = ("startMs", values.get(START)) if start is None else ("endMs", values.get(END))
        return BrokenLine(row.line, f"{name} is {_shown(value)}, not a number of milliseconds")
    if not made_by:
        return BrokenLine(row.line, "it names no creator; say whose they are with --creator")
    if made_by.casefold() == OWN_SOURCE:
        return BrokenLine(row.line, f"its creator is '{made_by}', which is what our own segments are by")
    return Line(row.line, tracks, start, end, _text(values, LABEL), made_by)


def _text(values: Mapping[str, Any], name: str) -> str | None:  # Any: JSON
    value = values.get(name)
    return None if value is None or isinstance(value, bool | dict | list) else clean(str(value), LONGEST_NAME)


def _seconds(value: Any) -> float | None:  # Any: JSON
    if isinstance(value, bool):
        return None
    try:
        milliseconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return round(milliseconds / 1000, 3) if math.isfinite(milliseconds) else None


def _shown(value: Any) -> str:  # Any: JSON
    return "missing" if value is None or value == "" else f"'{str(value)[:40]}'"
