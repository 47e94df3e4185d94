"""`segue export`: what others can work with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings
from jobs.listening.formats import LogFormat

export = typer.Typer(
    help="Write the catalogue, embeddings or the log to files.", no_args_is_help=True, rich_markup_mode=None
)

File = Annotated[Path, typer.Argument(help="The Parquet file to write")]
Table = Annotated[Path, typer.Argument(help="The file to write: .csv, .json or .parquet")]
LogFile = Annotated[Path, typer.Option("--to", help="The file to write")]
Format = Annotated[LogFormat | None, typer.Option(help="[what the file's suffix says]")]
Simulated = Annotated[bool, typer.Option(help="Write what simulations made up, too")]
Space = Annotated[str, typer.Option(help="The space whose vectors to write")]


@export.callback()
def _group() -> None:
    """Write the catalogue, embeddings or the log to files."""


@export.command()
def catalogue(file: Table, data_dir: DataDir = None) -> None:
    """Write the catalogue, one row for each track, as segue import --catalogue reads it."""
    from jobs.catalogue_export import export_catalogue
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress

    url = ready_address(read_settings(data_dir=data_dir))
    with progress("Writing", "tracks") as tell:
        written = export_catalogue(url, file, tell)
    say(f"{count(written, 'track')} in {shown(file)}")


@export.command()
def embeddings(file: File, space: Space = DEFAULT_SPACE, data_dir: DataDir = None) -> None:
    """Write the vectors of a space, of whole tracks and of their segments, as Parquet."""
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.snapshots import export_embeddings

    url = ready_address(read_settings(data_dir=data_dir))
    with progress("Writing", "vectors") as tell:
        written = export_embeddings(url, space, file, lambda done, total: tell(done, total, ""))
    say(f"{count(written, 'vector')} of '{space}' in {shown(file)}")


@export.command()
def interactions(to: LogFile, format: Format = None, simulated: Simulated = True, data_dir: DataDir = None) -> None:
    """Write the log, one row for each interaction, as segue import-interactions reads it."""
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.listening.export import export_interactions

    url = ready_address(read_settings(data_dir=data_dir))
    with progress("Writing", "interactions") as tell:
        written = export_interactions(url, to, format, simulated=simulated, on_progress=tell)
    say(f"{count(written, 'interaction')} in {shown(to)}")
