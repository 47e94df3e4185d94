"""Where clients reach the server: a folder whose path fits into a socket's name."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from domain.errors.machine import EmbeddedServerFailed

# The shortest limit we meet: sockaddr_un.sun_path holds 104 bytes on macOS (108 on Linux), the last of them zero.
SOCKET_NAME_BYTES = 103
PORT = 5432


def socket_folder(files: Path) -> Path:
    """The folder to connect to: the server's own, or a link to it.

    A link is made where the path of `files` is too long for a socket's name, or holds characters to which libpq or
    SQLAlchemy give a meaning (a comma separates hosts, a colon ports). It belongs to the user who connects.
    """
    if _fits(files):
        return files
    for link in _links(files):
        with suppress(OSError):
            _point(link, files)
            return link
    raise EmbeddedServerFailed(
        path=files, reason="its path is too long for a socket, and no shorter link can be made", log=files
    )


def remove_links(files: Path) -> None:
    """Removes what `socket_folder` may have made for this user."""
    for link in _links(files):
        with suppress(OSError):
            link.unlink()


def url(folder: Path, database: str) -> str:
    """A plain `postgresql://` address, which psycopg, SQLAlchemy and dramatiq-postgres read alike.

    The port is there although it is the default, because PGPORT would change the default.
    """
    return f"postgresql://postgres@/{database}?host={folder}&port={PORT}"


def _fits(folder: Path) -> bool:
    name = f"{folder}/.s.PGSQL.{PORT}"
    return len(os.fsencode(name)) <= SOCKET_NAME_BYTES and re.fullmatch(r"[\w./-]+", name, re.ASCII) is not None


def _links(files: Path) -> Iterator[Path]:
    # The cache folder first: systems sweep their temporary folder under the feet of programs that run for weeks.
    homes = [Path(tempfile.gettempdir()) / f"segue-{os.geteuid()}"]
    with suppress(RuntimeError):  # a user without home
        homes.insert(0, Path.home() / ".cache" / "segue")
    name = hashlib.sha256(os.fsencode(files)).hexdigest()[:12]
    return (home / name for home in homes if _fits(home / name))


def _point(link: Path, target: Path) -> None:
    home = link.parent
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = home.lstat()
    # In a shared temporary folder somebody else may have made it first, to lead us to a server of theirs.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise PermissionError(home)
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
