"""The lines of a catalogue, read to be kept, and what is odd about their values."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from domain.dates import read_date, readings
from jobs.importing.catalogue.assignment import File
from jobs.importing.catalogue.durations import agrees, clock
from jobs.importing.catalogue.findings import CatalogueFinding, Kind
from jobs.importing.catalogue.lines import Line, read_line
from jobs.importing.catalogue.rows import Row
from jobs.importing.catalogue.source import Survey
from sql.catalogue.descriptions import dates_to_json
from sql.catalogue.line_rows import BATCH, IncomingLine

Album = tuple[str, str]


class Reading:
    """One pass over a catalogue whose lines have found their files (`files` by line)."""

    def __init__(self, surveyed: Survey, files: Mapping[int, File]) -> None:
        self._survey = surveyed
        self._files = files
        self._found: list[CatalogueFinding] = []
        self._repeated: Counter[str] = Counter()
        # Of each album (its folder and title) the first date, and the first line with each of the others.
        self._dated: dict[Album, str] = {}
        self._other_dates: dict[Album, dict[str, int]] = {}
        self._unread_dates: dict[str, list[int]] = {}
        for line, text in surveyed.dates.items():
            if line in files and self._dated.setdefault(self._album(line), text) != text:
                self._other_dates.setdefault(self._album(line), {}).setdefault(text, line)

    def batches(self) -> Iterator[list[IncomingLine]]:
        """All lines that can be read, some hundreds at a time."""
        batch: list[IncomingLine] = []
        for row in self._survey.rows():
            if row.problem:
                self._find(Kind.BROKEN, f"{self._survey.called(row.line)}: {row.problem}")
                continue
            batch.append(self._incoming(row))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def findings(self) -> list[CatalogueFinding]:
        """What was odd, once all lines were read."""
        for text, lines in self._unread_dates.items():
            days = dict.fromkeys(f"{meant.first}" for meant in readings(text).values())
            why = f"it may be {' or '.join(days)}" if days else "it is no date that Segue can read"
            self._find(Kind.DATE, f"'{text}' ({self._lines(lines)}): {why}")
        self._tell_order()
        for album, others in self._other_dates.items():
            told = ", ".join(f"'{text}' ({self._survey.unit} {line})" for text, line in others.items())
            self._find(
                Kind.ALBUM_DATES, f"'{album[1] or album[0]}': '{self._dated[album]}' is used; there is also {told}"
            )
        return self._found

    def _tell_order(self) -> None:
        """An order that nobody told is one to be looked at, where it decided anything."""
        order = self._survey.date_order
        if order is None or self._survey.date_order_is_told:
            return
        decided = [
            text
            for text in dict.fromkeys(self._survey.dates.values())
            if order in (found := readings(text)) and len(set(found.values())) > 1
        ]
        if decided:
            first = f"'{decided[0]}'" + (f" and {len(decided) - 1:,} more like it" if decided[1:] else "")
            self._find(Kind.DATE_ORDER, f"{first}: {order.lower().replace('_', ' ')}")

    def _incoming(self, row: Row) -> IncomingLine:
        line = read_line(row, self._survey.columns, self._survey.date_order)
        file = self._files.get(line.number)
        self._judge(line, file)
        if file and (date_text := self._dated.get(self._album(line.number))):
            # An album has one date, its first line's; a line of it without one must not let a tag's stand instead.
            dates = dates_to_json(read_date(date_text, self._survey.date_order))
            line.said.update(date_text=date_text, dates=dates)
        digest = hashlib.sha256(json.dumps([row.values, line.said], sort_keys=True).encode()).hexdigest()
        self._repeated[digest] += 1
        if self._repeated[digest] > 1:
            digest = hashlib.sha256(f"{digest} {self._repeated[digest]}".encode()).hexdigest()
        return IncomingLine(
            line=line.number,
            digest=digest,
            original=row.values,
            said=line.said,
            external_id=line.said.get("id"),
            external_album_id=line.album_id,
            track_id=file.track_id if file else None,
        )

    def _judge(self, line: Line, file: File | None) -> None:
        name = self._survey.called(line.number)
        for problem in line.problems:
            self._find(Kind.VALUE, f"{name}: {problem}")
        if file and line.durations and not agrees(line.durations, file.seconds):
            told = f"{clock(line.durations[0])} in the catalogue, {clock(file.seconds)} in {file.path}"
            self._find(Kind.DURATION, f"{name}: {told}")
        if "date_text" in line.said and "dates" not in line.said:
            self._unread_dates.setdefault(line.said["date_text"], []).append(line.number)

    def _album(self, line: int) -> Album:
        return str(PurePosixPath(self._files[line].path).parent), self._survey.albums.get(line, "")

    def _lines(self, lines: list[int]) -> str:
        unit = self._survey.unit
        return f"{unit} {lines[0]}" if len(lines) == 1 else f"{unit} {lines[0]} and {len(lines) - 1:,} more"

    def _find(self, kind: Kind, text: str) -> None:
        self._found.append(CatalogueFinding(kind, text))
