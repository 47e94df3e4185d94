"""`segue import-segments`: segments that another program or person made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from jobs.importing.segments.report import SegmentReport

# More lines of one kind than this nobody reads on a terminal.
LINES_SHOWN = 20

File = Annotated[Path, typer.Argument(help="JSON or CSV: track, startMs, endMs, label, creator")]
Creator = Annotated[str | None, typer.Option(help="Whose segments they are, where the file does not say it")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing")]


def import_segments(file: File, creator: Creator = None, dry_run: DryRun = False, data_dir: DataDir = None) -> None:
    """Import segments that another program or person made.

    A track is named by its id here, by its key in a catalogue, or by its file. What an earlier file told of the same
    creator is replaced.
    """
    from jobs.cli.database import ready_address
    from jobs.importing.segments.importing import import_segments as run
    from sql.engine import make_engine

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        _say(run(engine, file, creator=creator, dry_run=dry_run))
    finally:
        engine.dispose()


def _say(report: SegmentReport) -> None:
    from jobs.cli.console import count, say
    from jobs.importing.segments.report import Kind

    if report.dry_run:
        say("A dry run: nothing was written. This is what an import would do now:")
    by = f" by {', '.join(report.creators)}" if report.creators else ""
    say(
        f"{count(report.new, 'new segment')}{by}, {report.relabelled:,} with another label, {report.unchanged:,}"
        f" unchanged, {report.removed:,} removed"
    )
    if report.waiting:
        say(f"{count(report.waiting, 'segment')} cannot be compared yet. Hear their tracks with: segue embed")
    for kind in Kind:
        lines = [finding.text for finding in report.findings if finding.kind is kind]
        if lines:
            say(f"  {kind} ({len(lines):,}):", style="bold")
            for line in lines[:LINES_SHOWN]:
                say(f"    {line}", style="yellow")
            if len(lines) > LINES_SHOWN:
                say(f"    … and {len(lines) - LINES_SHOWN:,} more", style="yellow")
