"""Which file a line of a catalogue is about."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import PurePosixPath
from urllib.parse import unquote

from jobs.importing.file_names import TRACK_ALONE

Parts = tuple[str, ...]


class Surety(IntEnum):
    """How surely a line is about a file: its whole key is the end of the file's path or the other way round, or only
    the name of the file is the same, which no other file and no other line has."""

    NAME = 1
    PATH = 2


@dataclass(frozen=True, slots=True)
class Match:
    """The files that a key may mean: one where it means something, several where it is ambiguous, none."""

    files: tuple[int, ...]
    surety: Surety = Surety.PATH


NOTHING = Match(())


class FileIndex:
    """The files of an archive, to be found by keys of a catalogue.

    A key is a path in whatever store the catalogue was written for: "bucket/prefix/Album/01.m4a", an address, a path of
    Windows. Letters in composed and decomposed form are the same; case counts where it tells files apart.
    """

    def __init__(self, paths: Sequence[str], root: str, keys: Iterable[str]) -> None:
        """`paths` are below `root`; files are known by their place in `paths`. `keys` are all of the catalogue."""
        above = parts_of(root)
        self._root = len(above)
        self._paths = [above + parts_of(path) for path in paths]
        self._by_name: dict[str, list[int]] = {}
        for number, parts in enumerate(self._paths):
            self._by_name.setdefault(parts[-1].casefold(), []).append(number)
        self._key_names = Counter(parts[-1].casefold() for key in keys if (parts := parts_of(key)))

    def match(self, key: str) -> Match:
        """The file that `key` means: by the end of the path, else by a name that is told once on both sides."""
        for written in dict.fromkeys((key, unquote(key))):
            if (found := self._matched(parts_of(written))).files:
                return found
        return NOTHING

    def _matched(self, key: Parts) -> Match:
        named = self._by_name.get(key[-1].casefold(), []) if key else []
        if not named:
            return NOTHING
        for fold in (str, str.casefold):
            wanted = tuple(map(fold, key))
            same = [n for n in named if self._is_end(wanted, tuple(map(fold, self._paths[n])))]
            # A key that is the whole path below the root says more than the same key somewhere deeper.
            exact = [n for n in same if tuple(map(fold, self._paths[n][self._root :])) == wanted]
            if same:
                return Match(tuple(exact if len(exact) == 1 else same))
        if len(named) == 1 and self._key_names[key[-1].casefold()] == 1 and _tells(key[-1]):
            return Match((named[0],), Surety.NAME)
        return NOTHING

    def _is_end(self, key: Parts, path: Parts) -> bool:
        """Whether one is the end of the other; of the path at least what lies below the root."""
        below = path[self._root :]
        return path[-len(key) :] == key or key[-len(below) :] == below


def parts_of(path: str) -> Parts:
    """The names in a path or key, in composed form."""
    plain = unicodedata.normalize("NFC", path.replace("\\", "/"))
    return tuple(part for part in plain.split("/") if part not in ("", "."))


def _tells(name: str) -> bool:
    """Whether a file's name says more than a number: "01 Air.m4a", not "Track 01.m4a"."""
    return TRACK_ALONE.fullmatch(PurePosixPath(name).stem.strip()) is None
