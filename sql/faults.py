"""What it means that the database refuses: errors of psycopg, in the words of ours."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from domain.errors.base import SegueError
from domain.errors.machine import DatabaseFull, DatabaseUnreachable


def is_disk_full(error: BaseException | None) -> bool:
    """Whether the database has no room left on its disk (SQLSTATE 53100), whoever wrapped its error. A server that lets
    nobody in for want of room says so in words alone."""
    cause = _cause(error)
    refused = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    return isinstance(cause, psycopg.errors.DiskFull) or (refused and os.strerror(errno.ENOSPC) in str(cause))


def fault_of(error: BaseException, place: str) -> DatabaseFull | DatabaseUnreachable | None:
    """What an error of the database at `place` means: that its disk is full, or that it is away. None for others."""
    cause = _cause(error)
    if cause is not None and is_disk_full(cause):
        return DatabaseFull(place=place, reason=_first_line(cause))
    if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return DatabaseUnreachable(reason=str(cause).strip())
    return None


@contextmanager
def naming_faults(database_url: str) -> Iterator[None]:
    """Turns what `fault_of` knows into the error that it means."""
    try:
        yield
    except Exception as error:
        fault = fault_of(error, place_of(database_url))
        if fault is None:
            raise
        raise fault from error


def place_of(database_url: str) -> str:
    """The server's name, or the folder where it listens: that of the embedded server's files."""
    parts = urlsplit(database_url)
    if parts.hostname:
        return parts.hostname
    folder = parse_qs(parts.query).get("host", ["localhost"])[0]
    return str(Path(folder).resolve()) if folder.startswith("/") else folder


def _cause(error: BaseException | None) -> psycopg.Error | None:
    """psycopg's own error, from which SQLAlchemy raises its; not that of an error which is one of ours already."""
    while error is not None and not isinstance(error, SegueError):
        if isinstance(error, psycopg.Error):
            return error
        error = error.__cause__
    return None


def _first_line(error: psycopg.Error) -> str:
    said = (error.diag.message_primary or str(error)).strip().partition("\n")[0]
    return said.rpartition("FATAL:")[2].strip()
