"""The server's files: made once, whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pwd import getpwuid, struct_passwd

from domain.errors.machine import DataFolderUnwritable, DataOfAnotherVersion, EmbeddedServerFailed
from sql.embedded.programs import MAJOR, complaint, run_program

# For a laptop with an archive. They go into postgresql.conf once; who edits that file, or uses ALTER SYSTEM, is obeyed.
SETTINGS = {
    "listen_addresses": "",  # no TCP
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",  # an HNSW graph of 100,000 × 200 floats takes 150 MB
    # Room for that graph, which parallel workers share. Without it they use /dev/shm, and containers have 64 MB there.
    "min_dynamic_shared_memory": "288MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",  # solid state
    "jit": "off",  # compiling takes longer than our statements do
    "log_checkpoints": "off",
}


def files_of(data_dir: Path) -> Path:
    """The folder of the server's files."""
    return (data_dir / "postgres").resolve()


def log_of(files: Path) -> Path:
    """The server's log."""
    return files / "server.log"


@contextmanager
def locked(files: Path) -> Iterator[None]:
    """Only one process at a time makes, starts or stops this server; another waits here.

    Makes the data folder where it is missing. Raises DataFolderUnwritable. The lock ends with the process that holds
    it, however that ends.
    """
    data_dir = files.parent
    try:
        if data_dir.exists() and not data_dir.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataFolderUnwritable(path=data_dir, reason=error.strerror) from error
    try:
        if os.geteuid() == 0:  # so that the folder's owner can take it too
            os.fchown(descriptor, data_dir.stat().st_uid, -1)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def require_access(files: Path) -> None:
    """Raises DataFolderUnwritable if the server's files are there, but not for us."""
    if not files.exists():
        return
    if not files.is_dir():
        raise DataFolderUnwritable(path=files, reason="it is not a folder")
    if not os.access(files, os.R_OK | os.W_OK | os.X_OK):
        raise DataFolderUnwritable(path=files, reason=f"it belongs to the account '{_owner(files)}'")


def has_files(files: Path) -> bool:
    """Whether a PostgreSQL's files are there.

    Raises DataOfAnotherVersion if they are not for the programs we have, DataFolderUnwritable if there are others.
    """
    version = files / "PG_VERSION"
    if version.is_file():
        found = version.read_text(errors="replace").strip()
        if found != str(MAJOR):
            raise DataOfAnotherVersion(path=files, found=found, expected=MAJOR)
        return True
    if files.exists() and any(files.iterdir()):
        raise DataFolderUnwritable(path=files, reason="it holds files, but not those of a PostgreSQL")
    return False


def make_files(files: Path, account: struct_passwd | None) -> None:
    """Makes the server's files, under another name until they are whole; needs the lock.

    Raises DataFolderUnwritable or EmbeddedServerFailed.
    """
    for leftover in files.parent.glob("postgres.new-*"):  # of one that was killed at it
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=files.parent))
    except OSError as error:
        raise DataFolderUnwritable(path=files.parent, reason=error.strerror) from error
    try:
        if account:
            os.chown(fresh, account.pw_uid, account.pw_gid)
        # The builtin locale sorts alike on every machine and for ever; the system's changes with its C library, and
        # indexes on text then lie.
        made = run_program(
            "initdb",
            *("--pgdata", fresh.name, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *(f"--set={name}={value}" for name, value in SETTINGS.items()),
            cwd=files.parent,
            account=account,
        )
        if made.returncode == 0:
            fresh.rename(files)
            return
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    log = files.parent / "postgres-initdb.log"
    with suppress(OSError):  # the disk may be full
        log.write_text(made.stdout)
    raise EmbeddedServerFailed(path=files, reason=complaint(made.stdout), log=log)


def _owner(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
