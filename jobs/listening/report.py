"""What the import of a log did, or would do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from jobs.listening.lines import BrokenLine
from jobs.listening.tracks import How


@dataclass
class LogReport:
    """Lines by what became of them; `corrected` were there with another count or length. `found` says by what their
    tracks were found; `unknown` and `ambiguous` count lines by the name of a track that none, or several, have here."""

    lines: int = 0
    new: int = 0
    corrected: int = 0
    repeated: int = 0
    new_users: int = 0
    undated: int = 0
    found: Counter[How] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    ambiguous: Counter[str] = field(default_factory=Counter)
    broken: list[BrokenLine] = field(default_factory=list)
    dry_run: bool = False
