"""Restores a backup: all of it or, where anything is wrong with it, nothing."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import psycopg
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.errors.backups import ArchiveInUse, ArchiveNotEmpty, BackupUnreadable
from jobs.backup.container import Members, opened_backup
from jobs.backup.manifest import Manifest, member_of_object, member_of_table, read_manifest
from jobs.storage.protocol import Storage
from sql.backup.contents import Connection, TableContents
from sql.backup.copying import LOCK_TIMEOUT, copy_in, load
from sql.engine import make_engine
from sql.migrate import configuration, is_known, refuse_newer, require_pgvector
from sql.queue.workers import count_workers

Tell = Callable[[int, int, str], object]

HAS_TABLES = text("SELECT to_regclass('public.tracks') IS NOT NULL AND to_regclass('public.workers') IS NOT NULL")
COUNT_TRACKS = text("SELECT count(*) FROM tracks")
DAMAGED = (KeyError, OSError, EOFError, BadZipFile, zlib.error, psycopg.DataError)


class RestoredBackup(NamedTuple):
    """What was restored, and when it was backed up; `replaced` tracks were there before."""

    made_at: datetime
    tracks: int
    spaces: int
    objects: int
    replaced: int


def restore_backup(
    database_url: str,
    storage: Storage,
    path: Path,
    *,
    replace: bool,
    on_progress: Tell = lambda *_: None,
) -> RestoredBackup:
    """Make a database, empty or not, what it was when the backup was made, then bring it to this program's schema.

    Everything keeps its id. An archive that holds tracks is only replaced with `replace`; it stays until the last row
    of the backup is in. `on_progress` is told (tables done, tables in all, table). Raises FolderNotFound,
    BackupUnreadable, ArchiveNotEmpty, ArchiveInUse, DatabaseNewer, PgvectorMissing, and what the storage raises.
    """
    with opened_backup(path) as members:
        manifest = _known_manifest(members, path)
        _check_objects(members, manifest, path)
        replaced = _replace_database(database_url, members, manifest, path, replace=replace, on_progress=on_progress)
        _put_objects(storage, members, manifest)
    return _outcome(manifest, replaced)


def try_backup(database_url: str, path: Path, on_progress: Tell = lambda *_: None) -> RestoredBackup:
    """What `restore_backup` would do; every byte of the backup is read and compared with its checksum, and nothing is
    changed. Raises FolderNotFound and BackupUnreadable."""
    with opened_backup(path) as members:
        manifest = _known_manifest(members, path)
        tables = manifest.contents.tables
        for number, table in enumerate(tables):
            on_progress(number, len(tables), table.name)
            _check(members, member_of_table(table.name), table.sha256, f"table '{table.name}'", path)
        _check_objects(members, manifest, path)
        on_progress(len(tables), len(tables), "")
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection:
            return _outcome(manifest, connection.scalar(COUNT_TRACKS) or 0 if connection.scalar(HAS_TABLES) else 0)
    finally:
        engine.dispose()


def _known_manifest(members: Members, path: Path) -> Manifest:
    manifest = read_manifest(members, path)
    if not is_known(manifest.contents.schema_revision):
        raise BackupUnreadable(path=path, reason=f"a newer version of the program made it ({manifest.program})")
    return manifest


def _outcome(manifest: Manifest, replaced: int) -> RestoredBackup:
    contents = manifest.contents
    return RestoredBackup(manifest.made_at, contents.tracks, contents.spaces, len(manifest.objects), replaced)


def _replace_database(
    database_url: str, members: Members, manifest: Manifest, path: Path, *, replace: bool, on_progress: Tell
) -> int:
    """Returns how many tracks were there before."""
    tables = {table.name: number for number, table in enumerate(manifest.contents.tables)}

    def copy(table: TableContents, raw: Connection) -> None:
        on_progress(tables[table.name], len(tables), table.name)
        with members.read(member_of_table(table.name)) as source:
            if not copy_in(raw, table, source):
                raise BackupUnreadable(path=path, reason=f"table '{table.name}' in it is damaged")

    engine = make_engine(database_url)
    replaced = 0
    try:
        with engine.begin() as connection:
            if connection.scalar(HAS_TABLES):
                replaced = connection.scalar(COUNT_TRACKS) or 0
                _refuse(replaced, count_workers(connection), replace=replace)
            connection.execute(text(LOCK_TIMEOUT))
            require_pgvector(connection)
            refuse_newer(connection)
            command.downgrade(configuration(connection), "base")
            command.upgrade(configuration(connection), manifest.contents.schema_revision)
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)  # noqa: S101 -- the engine's driver
            load(raw, manifest.contents, copy)
            on_progress(len(tables), len(tables), "")
            command.upgrade(configuration(connection), "head")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        return replaced
    except DAMAGED as error:
        raise BackupUnreadable(path=path, reason=f"it is damaged ({error})") from error
    except (psycopg.errors.LockNotAvailable, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, psycopg.errors.LockNotAvailable):
            raise ArchiveInUse(reason="somebody reads or writes it") from error
        raise
    finally:
        engine.dispose()


def _refuse(tracks: int, workers: int, *, replace: bool) -> None:
    if tracks and not replace:
        raise ArchiveNotEmpty(tracks=f"{tracks:,}")
    if workers:
        raise ArchiveInUse(reason=f"{workers} workers are at work")


def _check_objects(members: Members, manifest: Manifest, path: Path) -> None:
    for stored in manifest.objects:
        _check(members, member_of_object(stored.key), stored.sha256, f"'{stored.key}'", path)


def _check(members: Members, member: str, sha256: str, name: str, path: Path) -> None:
    try:
        with members.read(member) as source:
            found = hashlib.sha256()
            while chunk := source.read(1 << 20):
                found.update(chunk)
    except DAMAGED as error:
        raise BackupUnreadable(path=path, reason=f"{name} in it is damaged ({error})") from error
    if found.hexdigest() != sha256:
        raise BackupUnreadable(path=path, reason=f"{name} in it is damaged")


def _put_objects(storage: Storage, members: Members, manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        file = Path(folder) / "object"
        for stored in manifest.objects:
            with members.read(member_of_object(stored.key)) as source, file.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            storage.put(stored.key, file)
