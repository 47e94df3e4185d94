"""Brings a catalogue file into the archive: its lines are kept as they came, and describe the recordings they name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection

from jobs.importing.catalogue.assignment import File, Former, assign
from jobs.importing.catalogue.findings import CatalogueFinding, Kind
from jobs.importing.catalogue.reading import Reading
from jobs.importing.catalogue.source import CatalogueSource, Survey, survey
from sql.catalogue import line_rows
from sql.catalogue.described import describe_tracks
from sql.catalogue.line_rows import KnownCatalogue


@dataclass
class CatalogueReport:
    """What a catalogue did: how many `lines` it has and how many of them describe a recording that is there (`used`),
    how many tracks it described anew, and what an archivist should know, by kind. `unchanged`: neither it nor the files
    had changed since it was read last."""

    place: str
    lines: int = 0
    used: int = 0
    described: int = 0
    unchanged: bool = False
    findings: list[CatalogueFinding] = field(default_factory=list)


def import_catalogue(
    connection: Connection, source: CatalogueSource, root: str, files: Sequence[File]
) -> CatalogueReport:
    """Read a catalogue and describe the recordings in `files`, which lie under `root`, in the caller's transaction.

    Nothing is read when neither the catalogue nor the files have changed since. Call it under `lock_imports`. Raises
    CatalogueUnreadable and CatalogueColumnMissing.
    """
    state = _state(source, root, files)
    known = line_rows.catalogue_at(connection, source.place)
    if known and known.state == state:
        return _as_before(connection, source, known)
    surveyed = survey(source)
    report = CatalogueReport(source.place, lines=surveyed.lines)
    assigned = assign(surveyed, files, root, _former(connection, surveyed, root))
    report.findings = [*_about_file(surveyed), *assigned.findings, *_same_ids(surveyed)]
    line_rows.begin_lines(connection)
    reading = Reading(surveyed, assigned.files)
    for batch in reading.batches():
        line_rows.add_lines(connection, batch)
    catalogue_id = line_rows.settle_lines(connection, source.place)
    for described in line_rows.affected_tracks(connection):
        describe_tracks(connection, described, anew=True)
        report.described += len(described)
    report.findings += reading.findings()
    report.used = len(assigned.files) - _gone(report.findings)
    kept = [[finding.kind.name, finding.text] for finding in report.findings]
    line_rows.close_catalogue(connection, catalogue_id, state, kept)
    return report


def is_read(connection: Connection, source: CatalogueSource) -> bool:
    """Whether this very catalogue was read before, so that it can be read."""
    known = line_rows.catalogue_at(connection, source.place)
    return known is not None and (known.state or "").startswith(f"{_digest(source)} ")


def _as_before(connection: Connection, source: CatalogueSource, known: KnownCatalogue) -> CatalogueReport:
    findings = [CatalogueFinding(Kind[kind], text) for kind, text in known.findings]
    lines, used = line_rows.count_lines(connection, known.id)
    lines += sum(finding.kind is Kind.BROKEN for finding in findings)
    return CatalogueReport(source.place, lines=lines, used=used - _gone(findings), unchanged=True, findings=findings)


def _gone(findings: Sequence[CatalogueFinding]) -> int:
    return sum(finding.kind is Kind.GONE for finding in findings)


def _former(connection: Connection, surveyed: Survey, root: str) -> Former:
    def former(keys: Sequence[str]) -> dict[str, File]:
        return {
            row.key: File(
                row.path.removeprefix(root), row.track_id, row.seconds, elsewhere=not row.path.startswith(root)
            )
            for row in line_rows.former_lines(connection, surveyed.name, surveyed.columns["audio_s3_key"], keys)
        }

    return former


def _state(source: CatalogueSource, root: str, files: Sequence[File]) -> str:
    """Of everything that the outcome depends on."""
    there: Any = hashlib.sha256(root.encode())
    for file in files:
        there.update(f"\0{file.path}\0{file.track_id}\0{file.refusal}".encode())
    return f"{_digest(source)} {there.hexdigest()}"


def _digest(source: CatalogueSource) -> str:
    return hashlib.sha256(f"{source.digest} {version('segue')}".encode()).hexdigest()


def _about_file(surveyed: Survey) -> list[CatalogueFinding]:
    if not surveyed.guessed_encoding:
        return []
    text = f"it is no UTF-8, and was read as {surveyed.guessed_encoding}: look at letters such as é and ü"
    return [CatalogueFinding(Kind.ENCODING, text)]


def _same_ids(surveyed: Survey) -> list[CatalogueFinding]:
    lines_of: dict[str, list[int]] = {}
    for line, id_ in surveyed.ids.items():
        lines_of.setdefault(id_, []).append(line)
    return [
        CatalogueFinding(Kind.SAME_ID, f"'{id_}': {', '.join(map(surveyed.called, lines))}")
        for id_, lines in lines_of.items()
        if len(lines) > 1
    ]
