"""Files that were imported and are not there any more."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors.catalogues import PruneDoubtful
from domain.paths import path_from_text
from sql.catalogue.folder_rows import FileBelow


@dataclass(frozen=True, slots=True)
class GoneFile:
    """A file that is gone, the title of its track, and whether it was marked missing before."""

    place: str
    title: str
    known: bool


def find_gone(rows: Sequence[FileBelow], seen: Collection[str], unreadable: Sequence[Path]) -> list[FileBelow]:
    """Those of a folder's imported files (`rows`) that were not `seen` and are surely gone: a folder that cannot be
    read may hold them still, and so may a place that was not looked at."""
    return [row for row in rows if row.path not in seen and _is_gone(path_from_text(row.path), unreadable)]


def check_prune(folder: str, rows: Sequence[FileBelow], gone: Sequence[FileBelow]) -> None:
    """Raises PruneDoubtful when more files are gone than are left: a drive may not be mounted."""
    present = [row for row in rows if not row.missing]
    lost = [row for row in gone if not row.missing]
    if lost and len(lost) > len(present) - len(lost):
        raise PruneDoubtful(path=folder, gone=f"{len(lost):,}", known=f"{len(present):,}")


def _is_gone(path: Path, unreadable: Sequence[Path]) -> bool:
    if any(other == path or other in path.parents for other in unreadable):
        return False
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
