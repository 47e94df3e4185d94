"""`segue example`: an archive to try Segue with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Where to put it; what is there already is kept")]


def example(folder: Folder) -> None:
    """Render an example archive from public-domain scores."""
    from jobs.cli.console import count, say, shown

    made = build_example(folder)
    say(f"{shown(folder)} holds the example archive ({count(made, 'track')} rendered now). It is synthetic.")


def build_example(folder: Path) -> int:
    """Render what `folder` lacks, with progress; returns how many tracks that were."""
    from jobs.cli.progress import progress
    from jobs.example.archive import build

    with progress("Rendering", "tracks") as tell:
        return build(folder, on_progress=tell).made
