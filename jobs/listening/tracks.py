"""Which track a log means."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple

from sqlalchemy import Connection

from domain import ids
from domain.errors.asking import InvalidId
from jobs.importing.catalogue.matching import FileIndex
from sql.listening.track_rows import catalogue_keys, hashes_of_tracks, places


class How(StrEnum):
    """By what a track was found, the surest first."""

    ID = "id"
    HASH = "content hash"
    CATALOGUE = "catalogue key"
    PATH = "path"
    FILE_NAME = "file name"


class Meant(NamedTuple):
    """The tracks that a name may mean: one where it means something, several where it is ambiguous, none."""

    tracks: frozenset[int]
    how: How | None = None


class TrackNames:
    """Finds tracks by their id in the API, the SHA-256 of their audio (`content_hash`), the key that a catalogue gives
    them, the path of their file or its end, or their file's name without suffix. A bare number is a catalogue's key: it
    is never taken for one of Segue's own, which count from 1 in every archive."""

    def __init__(self, connection: Connection) -> None:
        hashes = hashes_of_tracks(connection)
        self._by_id = frozenset(hashes.values())
        self._by_hash = hashes
        self._by_catalogue = catalogue_keys(connection)
        files = places(connection)
        self._track_of_place = [track_id for track_id, _ in files]
        self._files = FileIndex([path for _, path in files], "", ())
        self._by_stem: dict[str, set[int]] = {}
        for track_id, path in files:
            self._by_stem.setdefault(PurePosixPath(path).stem, set()).add(track_id)
        self._known: dict[tuple[str, bool], Meant] = {}

    def find(self, name: str, *, own: bool = False) -> Meant:
        """What a name means; `own`: it is one of Segue's own numbers."""
        meant = self._known.get((name, own))
        if meant is None:
            meant = self._known[name, own] = self._own(name) if own else self._find(name)
        return meant

    def _own(self, name: str) -> Meant:
        key = int(name) if name.isascii() and name.isdigit() else 0
        return Meant(frozenset({key}), How.ID) if key in self._by_id else Meant(frozenset())

    def _find(self, name: str) -> Meant:
        try:
            if (key := ids.decode_key("Track", name)) in self._by_id:
                return Meant(frozenset({key}), How.ID)
        except InvalidId:
            pass
        by_hash = self._by_hash.get(name) or self._by_hash.get(name.lower())
        if by_hash:
            return Meant(frozenset({by_hash}), How.HASH)
        if name in self._by_catalogue:
            return Meant(frozenset(self._by_catalogue[name]), How.CATALOGUE)
        found = frozenset(self._track_of_place[number] for number in self._files.match(name).files)
        if found:
            return Meant(found, How.PATH)
        return Meant(frozenset(self._by_stem.get(name, ())), How.FILE_NAME)


def told(found: Counter[How]) -> str:
    """ "12 by content hash, 3 by path"."""
    return ", ".join(f"{found[how]:,} by {how}" for how in How if found[how])
