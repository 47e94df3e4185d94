"""A track of the example archive: which score, who plays it, where its file lies, how it is tagged."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from jobs.example.ensembles import Ensemble

COMMENT = "Synthesized from a score; no human played it"
# The year in which this archive was put together; a release date of a real recording would be an invention.
_YEAR = "2026"
_NOT_IN_FILE_NAMES = str.maketrans({":": " -", "/": "-", "?": None, '"': None})


@dataclass(frozen=True)
class Score:
    """An excerpt of a score: `quarters` quarter notes from `first_quarter` on, at `quarters_per_minute`.

    `path` is below music21's corpus folder.
    """

    composer: str
    path: str
    title: str
    quarters: int
    quarters_per_minute: int
    first_quarter: int = 0

    @property
    def seconds(self) -> float:
        """How long the excerpt lasts as written, without what dies away after it."""
        return self.quarters * 60.0 / self.quarters_per_minute


@dataclass(frozen=True)
class Track:
    """The `number`-th of `album_length` tracks of an album, from 1."""

    album: str
    number: int
    album_length: int
    ensemble: Ensemble
    score: Score

    @property
    def path(self) -> PurePosixPath:
        """Where the file lies in the archive's folder: `Album/NN Title.m4a`."""
        title = self.score.title.translate(_NOT_IN_FILE_NAMES)
        return PurePosixPath(self.album, f"{self.number:02} {title}.m4a")

    @property
    def tags(self) -> dict[str, str]:
        """Tags, by FFmpeg's names for them."""
        return {
            "title": self.score.title,
            "album": self.album,
            "artist": self.ensemble.performer,
            "composer": self.score.composer,
            "track": f"{self.number}/{self.album_length}",
            "date": _YEAR,
            "comment": COMMENT,
        }

    def generator(self) -> np.random.Generator:
        """Random numbers of this track's own, the same each time."""
        return np.random.default_rng(zlib.crc32(str(self.path).encode()))


def album(name: str, ensembles: Ensemble | tuple[Ensemble, ...], *scores: Score) -> tuple[Track, ...]:
    """The tracks of one album: all scores played by one ensemble, or each by its own."""
    players = ensembles if isinstance(ensembles, tuple) else (ensembles,) * len(scores)
    return tuple(
        Track(f"{name} (synthetic)", number, len(scores), ensemble, score)
        for number, (ensemble, score) in enumerate(zip(players, scores, strict=True), start=1)
    )
