"""What it means that a file of ours cannot be written."""

from __future__ import annotations

import errno
from pathlib import Path

from domain.errors.machine import DiskFull, FileUnwritable
from domain.paths import path_to_text

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def unwritable(path: Path, error: OSError) -> FileUnwritable:
    """The error to raise, which is of the machine and of no recording: DiskFull where only room is missing."""
    if error.errno in FULL:
        return DiskFull(path=path_to_text(path))
    return FileUnwritable(path=path_to_text(path), reason=error.strerror or type(error).__name__)
