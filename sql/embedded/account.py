"""Whom the server runs as when root starts it: PostgreSQL refuses to run as root."""

from __future__ import annotations

import logging
import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from domain.errors.machine import EmbeddedServerFailed

NAME = "pgserver"

log = logging.getLogger(__name__)


def account_for(files: Path) -> pwd.struct_passwd | None:
    """The account for the server with these files; None stands for ourselves, who are not root.

    For root it is the owner of `files`, or of the folder around them, so that `sudo` leaves nothing behind that the
    folder's owner cannot use. Where root owns both, it is the system account `pgserver`, made when missing.

    Raises EmbeddedServerFailed if that account cannot be made.
    """
    if os.geteuid() != 0:
        return None
    for folder in (files, files.parent):
        # An owner without a name (from another machine, or a container) is none for PostgreSQL.
        with suppress(FileNotFoundError, KeyError):
            owner = folder.stat().st_uid
            if owner != 0:
                return pwd.getpwuid(owner)
    return _system_account(files)


def hand_over(files: Path, account: pwd.struct_passwd) -> None:
    """Gives `files` to the account with all that is in them, unless it has them: a copy made by root, say."""
    if files.stat().st_uid == account.pw_uid:
        return
    for folder, _, names in os.walk(files, topdown=False):  # `files` itself last: it tells whether all is done
        for name in (*names, ""):
            os.chown(os.path.join(folder, name), account.pw_uid, account.pw_gid, follow_symlinks=False)


def let_in(account: pwd.struct_passwd, files: Path, trees: Sequence[Path]) -> None:
    """Lets the account walk through the parents of `files` and `trees`, and read everything in the `trees`.

    Parents are opened for walking through, not for reading, and only those that were closed (such as /root): who does
    not know a name in them still cannot find it.
    """
    for folder in (files, *trees):
        for parent in folder.parents:
            _allow(parent, account, stat.S_IXOTH)
    for tree in trees:
        if tree.stat().st_mode & 0o005 == 0o005:  # an installation is readable as a whole, or not at all
            continue
        for folder_name, _, names in os.walk(tree):
            _allow(Path(folder_name), account, stat.S_IROTH | stat.S_IXOTH)
            for name in names:
                path = Path(folder_name, name)
                execute = stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0
                _allow(path, account, stat.S_IROTH | execute)


def _allow(path: Path, account: pwd.struct_passwd, bits: int) -> None:
    status = path.stat()
    if status.st_uid == account.pw_uid or status.st_mode & bits == bits:
        return
    log.warning("Opening %s to the account %s, which runs the embedded PostgreSQL", path, account.pw_name)
    path.chmod(stat.S_IMODE(status.st_mode) | bits)


def _system_account(files: Path) -> pwd.struct_passwd:
    with suppress(KeyError):
        return pwd.getpwnam(NAME)
    reason = "the system has no program 'useradd'"
    with suppress(FileNotFoundError):
        made = subprocess.run(  # noqa: S603  nothing in it comes from outside
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],  # noqa: S607  where PATH has it
            check=False,
            capture_output=True,
            text=True,
        )
        reason = made.stderr.strip()
    try:
        return pwd.getpwnam(NAME)  # also when another process made it meanwhile
    except KeyError:
        raise EmbeddedServerFailed(
            path=files, reason=f"root cannot run it, and the account '{NAME}' cannot be made: {reason}", log=files
        ) from None
