"""Log files in the data folder."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from domain.errors.machine import DataFolderUnwritable

MAX_BYTES = 10_000_000


def logs_folder(data_dir: Path) -> Path:
    """`<data_dir>/logs`, made if need be. Raises DataFolderUnwritable."""
    folder = data_dir / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise DataFolderUnwritable(path=data_dir, reason=error.strerror) from error
    return folder


def fresh_log(folder: Path, name: str) -> Path:
    """The log `name`, to be appended to; a large one is put aside first, in place of the one before."""
    log = folder / f"{name}.log"
    if log.exists() and log.stat().st_size > MAX_BYTES:
        log.replace(folder / f"{name}.log.1")
    return log


def save_traceback(trace: str) -> Path | None:
    """Appends a traceback to `segue.log` of the data folder, or of the temporary folder if that cannot be; returns
    which, None where neither has room."""
    from jobs.cli.environment import read_settings

    logs = [Path(tempfile.gettempdir()) / f"segue-{os.geteuid()}.log"]
    with suppress(Exception):  # the settings or the folder may be what went wrong
        logs.insert(0, fresh_log(logs_folder(read_settings().data_dir), "segue"))
    for log in logs:
        with suppress(OSError), log.open("a") as stream:
            stream.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{trace}\n")
            stream.flush()
            return log
    return None
