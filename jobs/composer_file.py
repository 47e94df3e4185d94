"""The table of composers' spellings as a file that people edit: CSV with the columns name, alias and doubt."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from domain.errors.curators import InvalidAliasFile
from domain.errors.machine import FileUnwritable, FolderNotFound
from sql.catalogue.alias_rows import aliases, doubtful, file_under, lock
from sql.catalogue.people_rows import rows_of

COLUMNS = ("name", "alias", "doubt")


class Line(NamedTuple):
    """One line: `alias` is a spelling of `name`. `settled`: nothing in the file calls that doubtful."""

    name: str
    alias: str
    settled: bool


def write_composers(engine: Engine, path: Path) -> int:
    """Write every spelling, by composer, with what is doubtful about it. Returns how many. Raises FileUnwritable."""
    with engine.begin() as connection:
        rows = rows_of(connection)
        doubts = {doubt.alias: doubt.reason for doubt in doubtful(rows)}
        spellings = aliases(rows)
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # with the mark that spreadsheets look for
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows((row.composer, row.alias, doubts.get(row.alias, "")) for row in spellings)
    except OSError as error:
        raise FileUnwritable(path=path, reason=error.strerror or "it cannot be written") from error
    return len(spellings)


def read_composers(engine: Engine, path: Path, *, dry_run: bool = False) -> list[str]:
    """Take over what a file says, all of it or nothing. Returns what changes, in words.

    A spelling moves to the composer of its line. A doubt is settled when its text is gone from the file, or the file
    has no column for doubts. Spellings that the file leaves out stay as they are. Raises FolderNotFound and
    InvalidAliasFile.
    """
    lines = _lines(path)
    with engine.connect() as connection, connection.begin() as transaction:
        rows = rows_of(connection)
        lock(rows)
        doubts = {doubt.alias for doubt in doubtful(rows)}
        filed = {row.alias: row.composer for row in aliases(rows)}
        changes = []
        for line in lines:
            if file_under(rows, line.name, line.alias, settle=line.settled and line.alias in doubts):
                former = filed.get(line.alias)
                what = f"'{line.alias}' is {line.name}"
                changes.append(f"{what}, no longer {former}" if former not in (None, line.name) else what)
        if dry_run:
            transaction.rollback()
    return changes


def _lines(path: Path) -> list[Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FolderNotFound(path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidAliasFile(path=path, line=1, reason=f"it cannot be read as UTF-8 text ({error}).") from error
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=header.count), strict=True)
    names = [(column or "").strip().lower() for column in reader.fieldnames or ()]
    if not {"name", "alias"} <= set(names):
        raise InvalidAliasFile(path=path, line=1, reason="it must name the columns: name, alias.")
    reader.fieldnames = names
    lines, seen = [], dict[str, int]()
    try:
        for row in reader:
            line = _line(row, path, reader.line_num)
            if line is None:
                continue
            if line.alias in seen:
                reason = f"'{line.alias}' stands in line {seen[line.alias]} already."
                raise InvalidAliasFile(path=path, line=reader.line_num, reason=reason)
            seen[line.alias] = reader.line_num
            lines.append(line)
    except csv.Error as error:
        raise InvalidAliasFile(path=path, line=reader.line_num, reason=f"{error}.") from None
    return lines


def _line(row: dict[str, str | None], path: Path, number: int) -> Line | None:
    name, alias = (" ".join((row.get(column) or "").split()) for column in ("name", "alias"))
    if not name and not alias:
        return None
    if not name or not alias:
        raise InvalidAliasFile(path=path, line=number, reason=f"there is no {'alias' if name else 'name'}.")
    if any(not character.isprintable() for character in name + alias):
        raise InvalidAliasFile(path=path, line=number, reason="it holds what cannot be printed.")
    return Line(name, alias, settled=not (row.get("doubt") or "").strip())
