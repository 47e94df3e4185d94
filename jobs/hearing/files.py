"""Where a track's audio is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from domain.errors import AudioMissing
from domain.paths import path_from_text


def existing_file(paths: Sequence[str]) -> Path:
    """The first of a track's files that is there, given as the catalogue writes paths (see `domain.paths`).

    Raises AudioMissing, naming the likeliest.
    """
    for path in map(path_from_text, paths):
        if path.is_file():
            return path
    raise AudioMissing(path=paths[0] if paths else "its file")
