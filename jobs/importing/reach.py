"""How an import reaches what it found: on disk, or in the storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.hearing.reader import Reader
from jobs.importing.catalogue.columns import ColumnMapping
from jobs.importing.catalogue.source import CatalogueSource, open_catalogue
from jobs.importing.reading import read_files
from jobs.importing.walk import Finding, FoundFile
from sql.catalogue.imports import ReadFile


@dataclass(frozen=True, slots=True)
class Reach:
    """`read` yields each file with what it holds, or why it is refused, in order; `open_catalogue` opens one that lies
    among them."""

    read: Callable[[Sequence[FoundFile], Reader], Iterator[tuple[FoundFile, ReadFile | Finding]]]
    open_catalogue: Callable[[Path, ColumnMapping], CatalogueSource]


DISK = Reach(read_files, open_catalogue)
