"""What an import is asked to do besides."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.importing.catalogue.columns import ColumnMapping
from jobs.importing.catalogue.source import CatalogueSource


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """`catalogue` says what the recordings are; without it, one that lies in the folder does, its columns called as in
    `mapping`. `retry_refused` reads files again that were refused as they are. `prune` marks files missing that are
    gone, when so many are gone that a drive may not be mounted only if one is `sure`. `dry_run` writes nothing, and
    tells what would change."""

    catalogue: CatalogueSource | None = None
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    retry_refused: bool = False
    prune: bool = False
    sure: bool = False
    dry_run: bool = False
