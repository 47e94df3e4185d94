"""What an import found, told to an archivist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from domain.errors.machine import FileUnwritable
from domain.paths import path_to_text
from jobs.cli.console import count, one_line, say
from jobs.cli.logs import logs_folder
from jobs.importing.catalogue.findings import Kind
from jobs.importing.catalogue.importing import CatalogueReport
from jobs.importing.report import ImportReport
from jobs.importing.walk import Finding, place_of
from sql.catalogue.changes import Change, FieldChange
from sql.catalogue.imports import Outcome

# More lines of one kind than this nobody reads on a terminal: then a file has them all.
LINES_SHOWN = 10


class Section(NamedTuple):
    """Findings of one kind, one a line."""

    title: str
    lines: list[str]


def say_report(report: ImportReport, data_dir: Path, file: Path | None = None) -> None:
    """Counts, then by name what was not imported, only in part, or otherwise than one might think.

    The first of each kind; all of them in `file`, or in the logs where there are more. Raises FileUnwritable.
    """
    for line in summary(report):
        say(line)
    sections = list(findings(report))
    for section in sections:
        say(f"  {section.title} ({len(section.lines):,}):", style="bold")
        for line in section.lines[:LINES_SHOWN]:
            say(f"    {line}", style="yellow")
        if len(section.lines) > LINES_SHOWN:
            say(f"    … and {len(section.lines) - LINES_SHOWN:,} more", style="yellow")
    shortened = any(len(section.lines) > LINES_SHOWN for section in sections)
    if file or shortened:
        listing = file or logs_folder(data_dir) / "import-findings.txt"
        _write(listing, [*summary(report), *_in_full(sections)])
        say(f"  All of this is in {path_to_text(listing)}")


def summary(report: ImportReport) -> Iterator[str]:
    """What was done, in numbers."""
    if report.dry_run:
        yield "A dry run: nothing was written. This is what an import would do now:"
    moved, copies = report.outcomes[Outcome.MOVED], report.outcomes[Outcome.COPY]
    yield (
        f"{count(report.new, 'new track')}, {count(report.changed - moved - copies, 'changed file')},"
        + f" {count(moved, 'moved file')}," * bool(moved)
        + f" {count(copies, 'more file')} of the same audio," * bool(copies)
        + f" {report.unchanged:,} unchanged, {len(report.refused):,} refused;"
        f" {count(report.passed_over, 'other file')} passed over"
    )
    if report.covers is not None and report.covers.found:
        yield f"{count(report.covers.found, 'new cover')}"
    for catalogue in report.catalogues:
        if any(finding.kind is Kind.UNUSABLE for finding in catalogue.findings):
            continue
        outcome = (
            "nothing has changed" if catalogue.unchanged else f"{count(catalogue.described, 'track')} described anew"
        )
        yield (
            f"Catalogue {catalogue.place}: {count(catalogue.lines, 'line')},"
            f" {catalogue.used:,} of them about recordings that are here; {outcome}"
        )
    if report.returned:
        yield f"{count(len(report.returned), 'file')} came back"
    if report.pruned:
        yield f"{count(report.pruned, 'track')} marked missing: not recommended until a file comes back"
    elif any(not gone.known for gone in report.gone) and not report.prune_refused:
        yield "Tracks of files that are gone stay as they are; --prune marks them missing"


def findings(report: ImportReport) -> Iterator[Section]:
    """What needs an eye, by kind."""
    gone = [f"{gone.place} ('{gone.title}'){', marked missing before' if gone.known else ''}" for gone in report.gone]
    sections = [
        Section("Refused", _refused(report.refused)),
        Section("Truncated: imported, but shorter than they say themselves", _paths(report.truncated)),
        Section("Covers left out: the rest is imported", _refused(report.covers.refused if report.covers else [])),
        Section("Silent: imported, but nothing can be recommended from them", _paths(report.silent)),
        Section("Gone: imported earlier, and not there any more", gone),
        *_of_catalogues(report.catalogues),
        Section("New", [_changed(change) for change in report.changes if change.new]),
        Section("Changed", [_changed(change) for change in report.changes if not change.new]),
    ]
    return (section for section in sections if section.lines)


def _of_catalogues(catalogues: list[CatalogueReport]) -> Iterator[Section]:
    for kind in Kind:
        yield Section(
            kind.value,
            [
                f"{catalogue.place}: {finding.text}" if kind in (Kind.UNUSABLE, Kind.ENCODING) else finding.text
                for catalogue in catalogues
                for finding in catalogue.findings
                if finding.kind is kind
            ],
        )


def _changed(change: Change) -> str:
    return f"{change.subject} '{change.name}': {'; '.join(_field(field, new=change.new) for field in change.fields)}"


def _field(change: FieldChange, *, new: bool) -> str:
    before, after = (f"'{value}'" if value is not None else "nothing" for value in (change.before, change.after))
    return f"{change.field} {after}" if new else f"{change.field} {before} → {after}"


def _refused(findings: list[Finding]) -> list[str]:
    return [f"{place_of(finding.path)}: {finding.reason}" for finding in findings]


def _paths(paths: list[Path]) -> list[str]:
    return [place_of(path) for path in paths]


def _in_full(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        yield ""
        yield f"{section.title} ({len(section.lines):,}):"
        yield from (f"  {line}" for line in section.lines)


def _write(file: Path, lines: list[str]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{one_line(line)}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise FileUnwritable(path=path_to_text(file), reason=error.strerror or str(error)) from error
