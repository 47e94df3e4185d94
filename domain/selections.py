"""Selections: which tracks of a space are to be heard again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors.asking import InvalidSelection


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
            raise InvalidSelection(where=where) from None
        if kind.takes_name != bool(has_name) or (kind.takes_name and not name.strip()):
            raise InvalidSelection(where=where)
        return cls(kind, name.strip() if kind.takes_name else None)

    def __str__(self) -> str:
        return f"{self.kind}={self.name}" if self.kind.takes_name else str(self.kind)
