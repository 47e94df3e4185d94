"""A catalogue file, opened."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.dates import DateOrder, order_of
from domain.errors.catalogues import CatalogueUnreadable
from domain.paths import path_to_text
from jobs.importing.catalogue.columns import FOLDED_FIELDS, ColumnMapping, find_columns
from jobs.importing.catalogue.encoding import decode
from jobs.importing.catalogue.lines import Fields
from jobs.importing.catalogue.rows import Row, csv_rows, json_rows
from jobs.importing.tag_text import NAME_LENGTH

# What is looked at before anything else, and how long it may be.
SURVEYED = {
    "audio_s3_key": 4_096,
    "track_id": NAME_LENGTH,
    "title": 60,
    "album_name": NAME_LENGTH,
    "release_date": NAME_LENGTH,
}
LARGEST_BYTES = 512 * 2**20


@dataclass(frozen=True)
class CatalogueSource:
    """The bytes of a catalogue and how its columns are called. `place` is where it lies, as the catalogue keeps it."""

    place: str
    data: bytes
    mapping: ColumnMapping

    @property
    def digest(self) -> str:
        """Of everything that its reading depends on (SHA-256, hex)."""
        return hashlib.sha256(self.data + repr(self.mapping).encode()).hexdigest()


@dataclass(frozen=True)
class Survey:
    """A catalogue read once over: `keys`, `ids`, `titles`, `albums` and `dates` by line, where a line has them, the
    lines `without_key`, the number of `lines`, its `columns` (theirs by ours), the order of its dates where it shows
    one or a mapping tells it, and its encoding where that was guessed.
    """

    text: str
    columns: dict[str, str]
    unit: str
    lines: int
    keys: dict[int, str]
    without_key: list[int]
    ids: dict[int, str]
    titles: dict[int, str]
    albums: dict[int, str]
    dates: dict[int, str]
    date_order: DateOrder | None
    date_order_is_told: bool
    guessed_encoding: str | None
    is_json: bool
    name: str

    def called(self, line: int) -> str:
        """A line as a report names it: line 17 "Air"."""
        return f'{self.unit} {line} "{self.titles[line]}"' if line in self.titles else f"{self.unit} {line}"

    def rows(self) -> Iterator[Row]:
        return _rows(self.text, self.name, is_json=self.is_json, known=frozenset(self.columns.values()))


def open_catalogue(path: Path, mapping: ColumnMapping) -> CatalogueSource:
    """Raises CatalogueUnreadable."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise CatalogueUnreadable(path=path_to_text(path), reason=f"it has more than {LARGEST_BYTES >> 20} MB")
        return CatalogueSource(path_to_text(path.resolve()), path.read_bytes(), mapping)
    except OSError as error:
        raise CatalogueUnreadable(path=path_to_text(path), reason=error.strerror or "it cannot be read") from error


def survey(source: CatalogueSource) -> Survey:
    """Read a catalogue once over. Raises CatalogueUnreadable and CatalogueColumnMissing."""
    try:
        decoded = decode(source.data)
    except UnicodeDecodeError as error:
        raise CatalogueUnreadable(path=source.place, reason=f"it is not the {error.encoding} it says it is") from error
    text = decoded.text
    is_json = text.lstrip()[:1] in ("[", "{")
    known = FOLDED_FIELDS | {name.casefold() for name in source.mapping.names.values()}
    present = _present(_rows(text, source.place, is_json=is_json, known=known))
    if not present.lines:
        raise CatalogueUnreadable(path=source.place, reason="it holds no lines")
    columns = find_columns(source.place, present.names, source.mapping)
    by_line: dict[str, dict[int, str]] = {ours: {} for ours in SURVEYED}
    without_key = []
    for row in _rows(text, source.place, is_json=is_json, known=known):
        if row.problem:
            continue
        fields = Fields(row, columns)
        for ours, length in SURVEYED.items():
            if value := fields.text(ours, length):
                by_line[ours][row.line] = sys.intern(value)
        if row.line not in by_line["audio_s3_key"]:
            without_key.append(row.line)
    return Survey(
        text=text,
        columns=columns,
        unit="entry" if is_json else "line",
        lines=present.lines,
        keys=by_line["audio_s3_key"],
        without_key=without_key,
        ids=by_line["track_id"],
        titles=by_line["title"],
        albums=by_line["album_name"],
        dates=by_line["release_date"],
        date_order=source.mapping.date_order or order_of(set(by_line["release_date"].values())),
        date_order_is_told=source.mapping.date_order is not None,
        guessed_encoding=decoded.guessed,
        is_json=is_json,
        name=source.place,
    )


@dataclass
class _Present:
    lines: int
    names: dict[str, None]


def _present(rows: Iterator[Row]) -> _Present:
    present = _Present(0, {})
    for row in rows:
        present.lines += 1
        if not row.problem:
            present.names.update(dict.fromkeys(row.values))
    return present


def _rows(text: str, name: str, *, is_json: bool, known: frozenset[str]) -> Iterator[Row]:
    return json_rows(text, name) if is_json else csv_rows(text, name, known)
