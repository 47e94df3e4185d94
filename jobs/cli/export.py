"""`segue export`: what others can work with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings

export = typer.Typer(help="Write embeddings to files.", no_args_is_help=True, rich_markup_mode=None)

File = Annotated[Path, typer.Argument(help="The Parquet file to write")]
Space = Annotated[str, typer.Option(help="The space whose vectors to write")]


@export.callback()
def _group() -> None:
    """Write embeddings to files."""


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
