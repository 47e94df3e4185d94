"""What an import did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors.catalogues import PruneDoubtful
from jobs.importing.catalogue.importing import CatalogueReport
from jobs.importing.covers import CoverReport
from jobs.importing.gone import GoneFile
from jobs.importing.walk import Finding
from sql.catalogue.changes import Change
from sql.catalogue.imports import Outcome


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: files and bytes, and the file that is next (None at the end)."""

    done: int
    total: int
    done_bytes: int
    total_bytes: int
    current: Path | None


@dataclass
class ImportReport:
    """Counts of files by outcome, and by name what an archivist should know.

    `refused` were not imported; the rest of the archive was. `truncated` and `silent` are in the catalogue, whether
    they were read now or earlier; what is silent is never embedded. `passed_over` counts files that are no audio by
    their suffix. `covers` is what became of pictures, None where nobody looked for any.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    passed_over: int = 0
    refused: list[Finding] = field(default_factory=list)
    truncated: list[Path] = field(default_factory=list)
    silent: list[Path] = field(default_factory=list)
    returned: list[Path] = field(default_factory=list)
    gone: list[GoneFile] = field(default_factory=list)
    pruned: int = 0
    prune_refused: PruneDoubtful | None = None
    catalogues: list[CatalogueReport] = field(default_factory=list)
    covers: CoverReport | None = None
    dry_run: bool = False
    changes: list[Change] = field(default_factory=list)

    @property
    def new(self) -> int:
        return self.outcomes[Outcome.NEW]

    @property
    def changed(self) -> int:
        """Files that were tagged anew, moved, or found as one more copy of a track."""
        return sum(self.outcomes[outcome] for outcome in (Outcome.CHANGED, Outcome.MOVED, Outcome.COPY))

    @property
    def unchanged(self) -> int:
        return self.outcomes[Outcome.UNCHANGED]

    def flag(self, path: Path, *, truncated: bool, silent: bool) -> None:
        if truncated:
            self.truncated.append(path)
        if silent:
            self.silent.append(path)
