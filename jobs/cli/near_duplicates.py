"""`segue near-duplicates`: what is in the archive more than once."""

from __future__ import annotations

from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from jobs.near_duplicates import NearDuplicate, NearDuplicates

Report = Annotated[Path | None, typer.Option(help="Also write the list to this file, as .csv or .json")]
Space = Annotated[str, typer.Option(help="The space whose vectors say which recordings to compare")]


def near_duplicates(report: Report = None, space: Space = DEFAULT_SPACE, data_dir: DataDir = None) -> None:
    """List recordings that are there twice: as files, encoded again, or in part. Nothing is merged."""
    from jobs.audio_source import AudioSource
    from jobs.cli.console import say, shown
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.duplicates_report import write_report
    from jobs.hearing.limits import Limits
    from jobs.near_duplicates import find_near_duplicates
    from sql.engine import make_engine

    settings = read_settings(data_dir=data_dir)
    engine = make_engine(ready_address(settings))
    try:
        with progress("Comparing", "tracks") as tell:
            found = find_near_duplicates(engine, AudioSource.of(settings), Limits.of(settings), tell, space)
    finally:
        engine.dispose()
    _show(found, space)
    if report is not None:
        write_report(found, report)
        say(f"The list is in {shown(report)}")


def _show(report: NearDuplicates, space: str) -> None:
    from jobs.cli.console import count, say, say_table

    for track, reason in report.unheard:
        say(f"Not compared: {track.title}: {reason}", style="yellow")
    if report.not_in_space:
        missing = count(report.not_in_space, "track")
        say(
            f"Not compared: {missing} that '{space}' does not hold yet; first: segue embed --space {space}",
            style="yellow",
        )
    if report.found:
        folder = _common_folder(report.found)
        if folder:
            say(f"Below {folder}:")
        lines = [[cell.removeprefix(f"{folder}/") for cell in _line(found)] for found in report.found]
        say_table(["what", "recording", "and", "how much"], lines)
    else:
        say("Nothing is there twice")
    say(f"{count(report.compared, 'pair')} compared by their signal; nothing was changed")


def _common_folder(found: list[NearDuplicate]) -> str:
    """The folder that all of these recordings are in, at whatever depth."""
    paths = [path for pair in found for path in (pair.one_path, pair.other_path)]
    return commonprefix(paths).rpartition("/")[0]  # noqa: RUF071 -- whole names are left; addresses keep both slashes


def _line(found: NearDuplicate) -> list[str]:
    from jobs.near_duplicates import Kind

    if found.overlap is None:
        return ["same audio", found.one_path, found.other_path, f"{found.one.duration_seconds:.0f} s, all of it"]
    what = "encoded again" if found.kind is Kind.RE_ENCODING else "overlapping"
    overlap = found.overlap
    much = (
        f"{overlap.seconds:.0f} s: {_clock(overlap.start)}–{_clock(overlap.end)}"
        f" is {_clock(overlap.other_start)}–{_clock(overlap.other_end)}"
    )
    return [what, found.one_path, found.other_path, much]


def _clock(seconds: float) -> str:
    """ "4:07"."""
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"
