"""Writes a backup: the database as one moment left it, and what of the storage its answers need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from jobs.backup.container import Members, new_backup
from jobs.backup.manifest import BackedUpObject, Manifest, member_of_object, member_of_table, write_manifest
from jobs.storage.keys import ARTEFACTS, AUDIO
from jobs.storage.protocol import Storage
from sql.backup.contents import read_contents
from sql.backup.copying import copy_out, one_moment

Tell = Callable[[int, int, str], object]


class BackedUp(NamedTuple):
    """What a backup holds."""

    tracks: int
    albums: int
    spaces: int
    rows: int
    objects: int


def write_backup(
    database_url: str, storage: Storage, path: Path, *, with_uploads: bool, on_progress: Tell = lambda *_: None
) -> BackedUp:
    """Write a backup to `path`: a folder, or a ZIP file where its name ends in ".zip". It may be made while the archive
    is in use, and needs nothing beside the server.

    In it is the whole database, but for messages and workers; and of the object storage the artefacts of models and,
    with `with_uploads`, the uploaded recordings. Recordings in folders stay where they are. Snapshots can be made from
    the rest. `on_progress` is told (tables done, tables in all, table). Raises BackupExists, FileUnwritable, DiskFull,
    and what the storage raises.
    """
    with new_backup(path) as members:
        with one_moment(database_url) as connection:
            contents = read_contents(connection)
            for number, table in enumerate(contents.tables):
                on_progress(number, len(contents.tables), table.name)
                with members.write(member_of_table(table.name)) as sink:
                    contents.tables[number] = copy_out(connection, table, sink)
        on_progress(len(contents.tables), len(contents.tables), "")
        objects = _copy_objects(storage, members, [ARTEFACTS, *([AUDIO] if with_uploads else [])])
        manifest = Manifest(program=version("segue"), made_at=datetime.now(UTC), contents=contents, objects=objects)
        write_manifest(members, manifest)
    return BackedUp(
        *(contents.tracks, contents.albums, contents.spaces),
        rows=sum(table.rows for table in contents.tables),
        objects=len(objects),
    )


def _copy_objects(storage: Storage, members: Members, prefixes: list[str]) -> list[BackedUpObject]:
    copied = []
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        file = Path(folder) / "object"
        for prefix in prefixes:
            for stored in storage.list(prefix):
                sha256 = storage.fetch(stored.key, file)
                with file.open("rb") as source, members.write(member_of_object(stored.key)) as sink:
                    shutil.copyfileobj(source, sink)
                copied.append(BackedUpObject(key=stored.key, sha256=sha256))
    return copied
