"""Starting, adopting and stopping the embedded server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
from psycopg.pq import PGconn, Ping

from domain.errors.machine import DatabaseUnreachable, EmbeddedServerFailed
from sql.embedded.account import account_for, let_in
from sql.embedded.address import PORT, remove_links, socket_folder, url
from sql.embedded.files import files_of, has_files, locked, log_of, make_files, require_access
from sql.embedded.launch import launch
from sql.embedded.programs import installation

DATABASE = "segue"
START_SECONDS = 120
"""How long a server may take to answer while its process lives: recovery after a crash reads up to `max_wal_size`."""


def ensure_running(data_dir: Path) -> str:
    """Starts the server with the files in `<data_dir>/postgres`, or adopts the one that runs.

    Makes the folder and the files where they are missing. Returns a plain `postgresql://` URL of the database `segue`;
    a connection was really made. Any number of processes may call this at the same moment. Blocks: 10 ms if the server
    runs, about a second for a first start, up to two minutes while a crashed server recovers.

    Raises DataFolderUnwritable, DataOfAnotherVersion, EmbeddedServerFailed, DatabaseUnreachable if the server has no
    connection left for us, or ExtraMissing if it must be started and the wheel is not installed.
    """
    files = files_of(data_dir)
    folder = socket_folder(files)
    try:
        _ensure_database(folder)
    except psycopg.OperationalError:
        with locked(files):
            require_access(files)
            _start(files, folder)
        try:
            _ensure_database(folder)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # all connections taken, for one
                raise DatabaseUnreachable(reason=error) from error
            raise EmbeddedServerFailed(path=files, reason=error, log=log_of(files)) from error
    return url(folder, DATABASE)


def is_running(data_dir: Path) -> bool:
    """Whether the server answers, be it only that it is still starting."""
    return _ping(socket_folder(files_of(data_dir))) in (Ping.OK, Ping.REJECT)


def stop(data_dir: Path) -> bool:
    """Stops the server and waits until it is gone; its clients are cut off. False if none was running."""
    from sql.embedded import postmaster  # psutil comes with the base installation, which an API alone does not need

    files = files_of(data_dir)
    if not os.path.exists(files):
        return False
    with locked(files):
        require_access(files)
        process = postmaster.find_postmaster(files)
        if process is not None:
            postmaster.end(process)
        remove_links(files)
    return process is not None


def _ping(folder: Path) -> Ping:
    return Ping(PGconn.ping(f"host={folder} port={PORT} user=postgres dbname=postgres connect_timeout=5".encode()))


def _ensure_database(folder: Path) -> None:
    with psycopg.connect(url(folder, "postgres"), autocommit=True, connect_timeout=5) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            return
        try:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process did, at the same moment


def _start(files: Path, folder: Path) -> None:
    programs = installation()
    from sql.embedded import postmaster  # see `stop`

    account = account_for(files)
    if account:
        let_in(account, files, programs)
    if not has_files(files):
        leftover = postmaster.find_postmaster(files)
        if leftover:  # the folder was deleted while its server ran
            postmaster.end(leftover)
        make_files(files, account)
    deadline = time.monotonic() + START_SECONDS
    while (answer := _ping(folder)) is not Ping.OK:
        seen = postmaster.lock_files(files)
        if answer is Ping.NO_RESPONSE and postmaster.find_postmaster(files) is None:
            postmaster.end_orphans(files)
            postmaster.clear_stale(files, seen)
            complaint = launch(files, account, deadline - time.monotonic())
            # One that was killed while starting the server may have left it on its way, just ahead of ours.
            if complaint and postmaster.find_postmaster(files) is None:
                raise EmbeddedServerFailed(path=files, reason=complaint, log=log_of(files))
        if time.monotonic() > deadline:
            reason = f"it runs, but did not answer for {START_SECONDS} s"
            raise EmbeddedServerFailed(path=files, reason=reason, log=log_of(files))
        time.sleep(0.02)
