"""What an import of segments did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What kept lines from becoming segments."""

    BROKEN = "No segments: lines that are left out"
    UNMATCHED = "Unmatched: no recording here is called so"
    AMBIGUOUS = "Ambiguous: several recordings are called so"
    RANGE = "No range of their track"
    DUPLICATE = "Duplicates: told before"


@dataclass(frozen=True, slots=True)
class SegmentFinding:
    kind: Kind
    text: str


@dataclass
class SegmentReport:
    """Segments by what became of them; `removed` are those that their creator does not name any more. `waiting` are
    stored and have no vector, since their tracks are not embedded with what it takes."""

    new: int = 0
    relabelled: int = 0
    unchanged: int = 0
    removed: int = 0
    waiting: int = 0
    creators: list[str] = field(default_factory=list)
    findings: list[SegmentFinding] = field(default_factory=list)
    dry_run: bool = False

    def find(self, kind: Kind, text: str) -> None:
        self.findings.append(SegmentFinding(kind, text))
