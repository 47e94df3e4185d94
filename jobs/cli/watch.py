"""`segue watch`: a folder whose recordings are imported and embedded as they come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.settings import Settings
    from jobs.importing.walk import FoundFile
    from jobs.ingest import Ingest
    from jobs.ingest_watch import FolderWatch

# Files of one job: a whole archive that is copied here becomes a row of them.
FILES_OF_JOB = 100

Folder = Annotated[Path, typer.Argument(help="A folder with recordings, now or later")]
Settle = Annotated[float, typer.Option(min=0.1, help="Seconds that a file must not have changed to be complete")]


def watch(folder: Folder, data_dir: DataDir = None, settle: Settle = 5.0) -> None:
    """Import and embed what comes into a folder, until Ctrl-C.

    This asks the workers for it (`segue worker`, `segue up`).
    """
    import anyio

    from domain.errors.machine import FolderNotFound
    from domain.paths import path_to_text
    from jobs.cli.console import count, say, shown
    from jobs.cli.example_folder import refuse_mixing
    from jobs.ingest_watch import FolderWatch

    settings = read_settings(data_dir=data_dir)
    if not folder.is_dir():
        raise FolderNotFound(path=path_to_text(folder))
    refuse_mixing(settings.data_dir, folder)
    watched = FolderWatch(folder.resolve(), settle_seconds=settle)
    known = _imported(settings, folder)
    watched.know(known)
    say(f"Watching {shown(folder)} ({count(len(known), 'recording')} imported earlier); Ctrl-C ends it")
    anyio.run(_watch, settings, watched)


async def _watch(settings: Settings, watched: FolderWatch) -> None:
    import time

    import anyio

    from domain.errors.machine import BrokerUnreachable, DatabaseUnreachable, FolderNotFound
    from jobs.cli.console import say
    from jobs.cli.database import address
    from jobs.ingest import Ingest
    from jobs.ingest_watch import pause_seconds
    from jobs.queue import JobQueue
    from sql.database import Database
    from sql.queue.job_writes import JobWrites

    url = address(settings)
    database, queue = Database.of(url, settings), JobQueue.of(url, settings.broker_url)
    ingest = Ingest(JobWrites(database), queue)
    trouble = None
    try:
        while True:
            started = time.monotonic()
            try:
                settled = await anyio.to_thread.run_sync(watched.look, started)
                for first in range(0, len(settled), FILES_OF_JOB):
                    await _hand_over(ingest, watched, settled[first : first + FILES_OF_JOB])
                trouble = None
            except (DatabaseUnreachable, BrokerUnreachable, FolderNotFound) as error:
                if trouble != str(error):  # said once, however long it lasts
                    trouble = str(error)
                    say(trouble, style="red")
            await anyio.sleep(pause_seconds(started))
    finally:
        with anyio.CancelScope(shield=True):
            await database.close()
        queue.close()


async def _hand_over(ingest: Ingest, watched: FolderWatch, files: Sequence[FoundFile]) -> None:
    from jobs.cli.console import count, say, shown

    job = await ingest.files_arrived(files)
    watched.know(files)
    what = shown(files[0].path) if len(files) == 1 else count(len(files), "recording")
    say(f"{what}: job {job.id}")


def _imported(settings: Settings, folder: Path) -> list[FoundFile]:
    """The files of the folder that have not changed since they were imported."""
    from domain.paths import path_to_text
    from jobs.cli.database import ready_address
    from jobs.importing.walk import walk
    from sql.catalogue.file_rows import known_files
    from sql.engine import make_engine

    files = {path_to_text(file.path): file for file in walk(folder.resolve()).files}
    engine = make_engine(ready_address(settings))
    try:
        with engine.connect() as connection:
            known = known_files(connection, files)
    finally:
        engine.dispose()
    return [
        file
        for place, file in files.items()
        if place in known and (known[place].size, known[place].modified_ns) == (file.size, file.modified_ns)
    ]
