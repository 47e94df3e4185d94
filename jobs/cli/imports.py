"""`segue import`: recordings into the catalogue."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from domain.settings import Settings
    from jobs.importing.choices import ImportChoices
    from jobs.importing.report import ImportReport

# A server that was killed is started again, and the import goes on where it was; not for ever.
ATTEMPTS = 3

Folder = Annotated[
    str, typer.Argument(help="A folder with recordings, one recording, or s3://bucket/prefix of your storage")
]
Catalogue = Annotated[
    Path | None,
    typer.Option(help="JSON or CSV that says what the recordings are [a catalog(ue).json or .csv in the folder]"),
]
ColumnNames = Annotated[
    Path | None, typer.Option("--mapping", help='TOML or JSON with your columns\' names: title = "Piece"')
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing")]
Prune = Annotated[bool, typer.Option("--prune", help="Mark tracks missing whose files are gone; they can come back")]
Yes = Annotated[bool, typer.Option("--yes", help="Prune even if most files are gone")]
RetryRefused = Annotated[bool, typer.Option("--retry-refused", help="Read again what was refused before")]
ReportFile = Annotated[Path | None, typer.Option("--report", help="Write everything that was found to this file")]


def import_(
    folder: Folder,
    catalogue: Catalogue = None,
    mapping: ColumnNames = None,
    dry_run: DryRun = False,
    prune: Prune = False,
    yes: Yes = False,
    retry_refused: RetryRefused = False,
    report: ReportFile = None,
    data_dir: DataDir = None,
) -> None:
    """Import recordings, and what a catalogue says of them.

    Again, it reads only what is new; files stay where they are.
    """
    from jobs.cli.example_folder import refuse_mixing
    from jobs.cli.import_report import say_report
    from jobs.importing.catalogue.columns import ColumnMapping, read_mapping
    from jobs.importing.catalogue.source import open_catalogue
    from jobs.importing.choices import ImportChoices

    settings = read_settings(data_dir=data_dir)
    if not is_remote(folder):
        refuse_mixing(settings.data_dir, Path(folder))
    columns = read_mapping(mapping) if mapping else ColumnMapping()
    choices = ImportChoices(
        catalogue=open_catalogue(catalogue, columns) if catalogue else None,
        mapping=columns,
        retry_refused=retry_refused,
        prune=prune,
        sure=yes,
        dry_run=dry_run,
    )
    done = import_recordings(settings, folder, choices)
    say_report(done, settings.data_dir, report)
    if done.prune_refused:
        raise done.prune_refused


def is_remote(place: str | Path) -> bool:
    """Whether recordings lie in the storage."""
    return str(place).startswith("s3://")


def import_recordings(settings: Settings, place: str | Path, choices: ImportChoices | None = None) -> ImportReport:
    """Import with progress. Raises FolderNotFound and PrefixElsewhere before anything is started."""
    from domain.errors.machine import DatabaseUnreachable, FolderNotFound
    from domain.paths import path_to_text
    from jobs.audio_source import AudioSource
    from jobs.cli.database import is_embedded, ready_address
    from jobs.cli.progress import progress
    from jobs.hearing.limits import Limits
    from jobs.importing.choices import ImportChoices
    from jobs.importing.covers import Covers
    from jobs.importing.importer import import_files
    from jobs.importing.objects import ObjectArchive
    from jobs.importing.reach import DISK
    from jobs.importing.walk import place_of, walk

    audio, limits = AudioSource.of(settings), Limits.of(settings)
    archive = ObjectArchive(audio, str(place)) if is_remote(place) else None
    if not archive and not Path(place).exists():
        raise FolderNotFound(path=path_to_text(Path(place)))
    attempt = 1
    while True:
        try:
            with progress("Importing", "files") as tell:
                return import_files(
                    ready_address(settings),
                    archive.walk() if archive else walk(Path(place)),
                    lambda now: tell(now.done, now.total, place_of(now.current) if now.current else ""),
                    limits=limits,
                    choices=choices or ImportChoices(),
                    reach=archive.reach if archive else DISK,
                    covers=None if archive else Covers(audio, limits),
                )
        except DatabaseUnreachable:
            if attempt == ATTEMPTS or not is_embedded(settings):
                raise
        time.sleep(attempt)
        attempt += 1
