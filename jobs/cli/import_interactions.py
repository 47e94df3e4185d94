"""`segue import-interactions`: a log of what was listened to elsewhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from jobs.listening.report import LogReport

# More lines of one kind than this nobody reads on a terminal.
LINES_SHOWN = 20

File = Annotated[
    Path, typer.Argument(help="CSV, TSV (also .gz, .bz2, .xz) or Parquet: user, track, timestamp[, kind, …]")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing")]


def import_interactions(file: File, dry_run: DryRun = False, data_dir: DataDir = None) -> None:
    """Import a log of interactions: user, track, timestamp[, kind, played_seconds, count].

    A track is named by its id in the API, its content hash, its key in a catalogue, the path of its file, or its file's
    name without suffix. Users are made as they come. What is there already is not written again.
    """
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.listening.importing import import_interactions as run
    from sql.engine import make_engine

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        with progress("Reading", "lines") as tell:
            report = run(engine, file, dry_run=dry_run, on_progress=tell)
    finally:
        engine.dispose()
    _say(report)


def _say(report: LogReport) -> None:
    from jobs.cli.console import count, say
    from jobs.listening.tracks import told

    if report.dry_run:
        say("A dry run: nothing was written. This is what an import would do now:")
    say(
        f"{count(report.lines, 'line')}: {count(report.new, 'new interaction')}, {report.corrected:,} with another"
        f" count or length, {report.repeated:,} that were there, {count(report.new_users, 'new user')}"
    )
    if report.found:
        say(f"Tracks were found for {count(report.found.total(), 'line')}: {told(report.found)}")
    if report.undated:
        say(f"{count(report.undated, 'line')} without a time: dated 1970-01-01, before everything else")
    _say_names("Unknown: no track here is called so", report.unknown)
    _say_names("Ambiguous: several tracks are called so", report.ambiguous)
    _say_lines(
        f"No interactions: lines that are left out ({len(report.broken):,})",
        [f"{line.number}: {line.reason}" for line in report.broken],
    )


def _say_names(title: str, names: Counter[str]) -> None:
    from jobs.cli.console import count

    _say_lines(
        f"{title} ({count(len(names), 'name')}, {count(names.total(), 'line')})",
        [f"{name} ({count(lines, 'line')})" for name, lines in names.most_common()],
    )


def _say_lines(title: str, lines: list[str]) -> None:
    from jobs.cli.console import say

    if lines:
        say(f"  {title}:", style="bold")
    for line in lines[:LINES_SHOWN]:
        say(f"    {line}", style="yellow")
    if len(lines) > LINES_SHOWN:
        say(f"    … and {len(lines) - LINES_SHOWN:,} more", style="yellow")
