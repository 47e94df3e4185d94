"""A zip that depends on its contents alone: not on when, where or in what order they were written."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

# The first moment that a zip can tell.
NO_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3
MODE = 0o100644


def write_zip(folder: Path, archive: Path) -> str:
    """Pack all files below `folder`, by name; returns the archive's SHA-256 (hex)."""
    unfinished = archive.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted((f for f in folder.rglob("*") if f.is_file()), key=lambda f: f.relative_to(folder).parts):
            about = zipfile.ZipInfo(file.relative_to(folder).as_posix(), NO_TIME)
            about.create_system = UNIX
            about.external_attr = MODE << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(about, file.read_bytes(), compresslevel=9)
    unfinished.replace(archive)
    with archive.open("rb") as file_:
        return hashlib.file_digest(file_, "sha256").hexdigest()
