"""`segue import-embeddings`: a space that was computed elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

File = Annotated[Path, typer.Argument(metavar="FILE.parquet", help="A file of segue export embeddings, or another's")]
Space = Annotated[str, typer.Option(help="What to call the space: small letters, digits, dots, hyphens")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported, and what not")]


def import_embeddings(file: File, space: Space, dry_run: DryRun = False, data_dir: DataDir = None) -> None:
    """Import vectors that were computed elsewhere as a space.

    Columns: content_hash or track_id (ours, or the catalogue's), vector (a list of numbers), and for segments
    segment_start and segment_end in seconds. Run again, it makes a new revision of the space.
    """
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.embeddings.importing import import_embeddings as import_file
    from sql.engine import make_engine

    settings = read_settings(data_dir=data_dir)
    engine = make_engine(ready_address(settings))
    try:
        with progress("Reading", "rows") as tell:
            done = import_file(
                engine, file, space, index_threshold=settings.index_threshold, dry_run=dry_run, on_progress=tell
            )
    finally:
        engine.dispose()
    checked = done.checked
    for reason, rows in checked.refused.items():
        named = ", ".join(checked.named[reason])
        more = f" and {rows - len(checked.named[reason]):,} more" if named and rows > len(checked.named[reason]) else ""
        say(f"Left out: {count(rows, 'row')} {reason}" + (f": {named}{more}" if named else ""))
    what = (
        f"{count(checked.tracks, 'track')} and {count(checked.segments, 'segment')}, {checked.dimension} numbers each"
    )
    if dry_run:
        say("A dry run: nothing was changed. This is what an import would do now:")
        say(
            f"'{space}' would hold {what}"
            + ("; its vectors of now would be kept as its revision before" * done.replaced)
        )
        if done.missing:
            say(f"{count(done.missing, 'track')} of the archive would not be in it")
        return
    say(f"'{space}' holds {what}" + (", indexed" if done.indexed else ""))
    if done.missing:
        say(f"{count(done.missing, 'track')} of the archive not in it; segue import-embeddings again replaces it whole")
    if done.replaced:
        say(f"What it held before stays until segue prune; back to it with: segue restore --space {space}")
