"""The lines of a catalogue, read to be kept, and what is odd about their values."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from domain.dates import readings
from jobs.importing.catalogue.assignment import File
from jobs.importing.catalogue.durations import agrees, clock
from jobs.importing.catalogue.findings import CatalogueFinding, Kind
from jobs.importing.catalogue.lines import Line, read_line
from jobs.importing.catalogue.rows import Row
from jobs.importing.catalogue.source import Survey
from sql.catalogue.descriptions import Json
from sql.catalogue.line_rows import BATCH, IncomingLine


class Reading:
    """One pass over a catalogue whose lines have found their files (`files` by line)."""

    def __init__(self, surveyed: Survey, files: Mapping[int, File]) -> None:
        self._survey = surveyed
        self._files = files
        self._found: list[CatalogueFinding] = []
        self._repeated: Counter[str] = Counter()
        # Of each album (its folder and title), what the first line with a date says, and the other dates.
        self._dated: dict[tuple[str, str], tuple[str, Json]] = {}
        self._other_dates: dict[tuple[str, str], dict[str, int]] = {}
        self._unread_dates: dict[str, list[int]] = {}

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
        for album, others in self._other_dates.items():
            used, _ = self._dated[album]
            told = ", ".join(f"'{text}' ({self._survey.unit} {line})" for text, line in others.items())
            self._find(Kind.ALBUM_DATES, f"'{album[1]}': '{used}' is used; there is also {told}")
        return self._found

    def _incoming(self, row: Row) -> IncomingLine:
        line = read_line(row, self._survey.columns, self._survey.date_order)
        file = self._files.get(line.number)
        self._judge(line, file)
        if file:
            self._date_album(line, file)
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

    def _date_album(self, line: Line, file: File) -> None:
        """An album has one date: its first line's."""
        text: str | None = line.said.get("date_text")
        album = (str(PurePosixPath(file.path).parent), line.said.get("album", ""))
        if text is None:
            return
        first, said = self._dated.setdefault(
            album, (text, {name: line.said[name] for name in ("date_text", "dates") if name in line.said})
        )
        if first != text:
            self._other_dates.setdefault(album, {}).setdefault(text, line.number)
            line.said.pop("dates", None)
            line.said.update(said)

    def _lines(self, lines: list[int]) -> str:
        unit = self._survey.unit
        return f"{unit} {lines[0]}" if len(lines) == 1 else f"{unit} {lines[0]} and {len(lines) - 1:,} more"

    def _find(self, kind: Kind, text: str) -> None:
        self._found.append(CatalogueFinding(kind, text))
