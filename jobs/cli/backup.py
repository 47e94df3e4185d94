"""`segue backup`: the whole archive in one file or folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

Target = Annotated[Path, typer.Argument(metavar="FILE.zip|FOLDER", help="Where to; must not be there yet")]
Uploads = Annotated[bool, typer.Option("--with-uploads", help="Also the recordings that were uploaded to the storage")]


def backup(target: Target, uploads: Uploads = False, data_dir: DataDir = None) -> None:
    """Back up the whole archive: catalogue, spaces, jobs, keys, models. Recordings stay where they are.

    It may be in use meanwhile. Get it back with: segue restore FILE
    """
    from jobs.backup.writing import write_backup
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.storage.location import open_storage

    settings = read_settings(data_dir=data_dir)
    url = ready_address(settings)
    with progress("Backing up", "tables") as tell:
        made = write_backup(url, open_storage(settings), target, with_uploads=uploads, on_progress=tell)
    say(
        f"{count(made.tracks, 'track')} of {count(made.albums, 'album')} in {count(made.spaces, 'space')},"
        f" {count(made.rows, 'row')} and {count(made.objects, 'stored file')} in all: {shown(target)}"
    )
    say("It holds the keys that sign addresses and tokens: keep it as safe as the database")
