"""Other processes, and what a test asks a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
from sql.embedded import ensure_running
data_dir = Path(sys.argv[1])
"""


def start_peer(code: str, data_dir: Path) -> subprocess.Popen[str]:
    """Another Python process, in a process group of its own, that runs `code` with `data_dir`."""
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + code, str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ask(url: str, statement: str) -> Any:
    """The one value of a statement's one row."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def started(url: str) -> str:
    """When the server started: two servers never agree on it."""
    return str(ask(url, "SELECT pg_postmaster_start_time()::text"))


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
