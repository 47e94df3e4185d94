"""`segue import`: recordings into the catalogue."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from domain.settings import Settings
    from jobs.importing.report import ImportReport

# A server that was killed is started again, and the import goes on where it was; not for ever.
ATTEMPTS = 3

Folder = Annotated[Path, typer.Argument(help="A folder with recordings, or one recording")]


def import_(path: Folder, data_dir: DataDir = None) -> None:
    """Import recordings. Again, it reads only what is new; files stay where they are."""
    from jobs.cli.example_folder import refuse_mixing
    from jobs.cli.import_report import say_report

    settings = read_settings(data_dir=data_dir)
    refuse_mixing(settings.data_dir, path)
    say_report(import_recordings(settings, path), settings.data_dir)


def import_recordings(settings: Settings, path: Path) -> ImportReport:
    """Import with progress. Raises FolderNotFound before anything is started."""
    from domain.errors.machine import DatabaseUnreachable, FolderNotFound
    from domain.paths import path_to_text
    from jobs.cli.database import is_embedded, ready_address
    from jobs.cli.progress import progress
    from jobs.hearing.limits import Limits
    from jobs.importing.importer import import_folder

    if not path.exists():
        raise FolderNotFound(path=path_to_text(path))
    attempt = 1
    while True:
        try:
            with progress("Importing", "files") as tell:
                return import_folder(
                    ready_address(settings),
                    path,
                    lambda now: tell(now.done, now.total, path_to_text(now.current) if now.current else ""),
                    limits=Limits.of(settings),
                )
        except DatabaseUnreachable:
            if attempt == ATTEMPTS or not is_embedded(settings):
                raise
        time.sleep(attempt)
        attempt += 1
