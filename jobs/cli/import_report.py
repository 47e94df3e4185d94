"""What an import found, told to an archivist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from domain.paths import path_to_text
from jobs.cli.console import count, one_line, say
from jobs.cli.logs import logs_folder
from jobs.importing.report import ImportReport

# More lines than this nobody reads on a terminal: then a file has them all.
LINES_SHOWN = 60


def say_report(report: ImportReport, data_dir: Path) -> None:
    """Counts, then by name what was not imported, or only in part."""
    say(
        f"{count(report.new, 'new track')}, {count(report.changed, 'changed file')}, {report.unchanged:,} unchanged,"
        f" {len(report.refused):,} refused; {count(report.passed_over, 'other file')} passed over"
    )
    lines = list(findings(report))
    for line in lines[:LINES_SHOWN]:
        say(f"  {line}", style="yellow")
    if len(lines) > LINES_SHOWN:
        listing = logs_folder(data_dir) / "import-findings.txt"
        listing.write_text("".join(f"{one_line(line)}\n" for line in lines), encoding="utf-8")
        say(f"  … and {len(lines) - LINES_SHOWN:,} more; all of them are in {path_to_text(listing)}", style="yellow")


def findings(report: ImportReport) -> Iterator[str]:
    """One line for each file that needs an eye."""
    for refused in report.refused:
        yield f"refused: {path_to_text(refused.path)}: {refused.reason}"
    for path in report.truncated:
        yield f"truncated (imported; it is shorter than it says itself): {path_to_text(path)}"
    for path in report.silent:
        yield f"silent (imported, but nothing can be recommended from it): {path_to_text(path)}"
