"""Selections: which tracks of a space are to be heard again."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.errors.asking import InvalidSelection, UnknownName
from domain.ids import shortened
from domain.names import fold

NAMES_SUGGESTED = 5


class SelectionKind(StrEnum):
    """`FAILED`: what could not be embedded. `STALE`: what was embedded before one of its files came or changed."""

    COMPOSER = "composer"
    ALBUM = "album"
    FAILED = "failed"
    STALE = "stale"

    @property
    def takes_name(self) -> bool:
        return self in (SelectionKind.COMPOSER, SelectionKind.ALBUM)


@dataclass(frozen=True, slots=True)
class Selection:
    """The tracks of one composer, those of the albums of one title, those that failed, or those that are stale."""

    kind: SelectionKind
    name: str | None = None

    @classmethod
    def parse(cls, where: str) -> Selection:
        """Reads "composer=NAME", "album=TITLE", "failed" or "stale". Raises InvalidSelection."""
        kind_text, has_name, name = where.partition("=")
        try:
            kind = SelectionKind(kind_text.strip().lower())
        except ValueError:
            raise InvalidSelection(where=shortened(where)) from None
        if kind.takes_name != bool(has_name) or (kind.takes_name and not name.strip()):
            raise InvalidSelection(where=shortened(where))
        return cls(kind, name.strip() if kind.takes_name else None)

    def __str__(self) -> str:
        return f"{self.kind}={self.name}" if self.kind.takes_name else str(self.kind)

    def choose(self, named: Sequence[tuple[int, str]]) -> list[int]:
        """Of `named`, the ids and names of all composers or albums, the ids that are meant: those with exactly this
        name, else those with the same but for diacritics, case and punctuation. Raises UnknownName."""
        name = self.name or ""
        found = [id_ for id_, given in named if given == name]
        found = found or [id_ for id_, given in named if fold(given) == fold(name)]
        if not found:
            raise UnknownName(kind=self.kind, name=shortened(name), hint=_hint(name, [given for _, given in named]))
        return found


def _hint(name: str, given: list[str]) -> str:
    """Names like the one that was asked for: those that hold all its words, then those that are spelled like it."""
    folded = {fold(other): other for other in given}
    words = set(fold(name).split())
    holding = [key for key in folded if words <= set(key.split())]
    near = dict.fromkeys([*holding, *difflib.get_close_matches(fold(name), folded, NAMES_SUGGESTED)])
    if not near:
        return "Nothing is called like it."
    return f"Did you mean {', '.join(repr(folded[key]) for key in list(near)[:NAMES_SUGGESTED])}?"
