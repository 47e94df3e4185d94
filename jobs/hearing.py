"""Hears one recording: from its file to all that a backend says of it. Knows no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from domain.errors import AudioMissing, UnusableAudio
from domain.paths import path_from_text
from ml.audio import decode
from ml.backends.protocol import Backend, TrackEmbedding

T = TypeVar("T")


class Interrupted(Exception):
    """Whoever asked has no more use for the result."""


def hear(backend: Backend, path: Path, interrupted: Callable[[], bool]) -> TrackEmbedding:
    """Decode a recording and embed it, in memory that does not grow with its length.

    `interrupted` is asked after every few seconds of audio; once it says so, Interrupted is raised. Raises
    UnusableAudio, in its several kinds, when there is nothing to hear.
    """
    heard = backend.embed(_until(interrupted, decode(path, backend.facts.sample_rate)))
    if not np.isfinite(heard.vector).all():
        raise UnusableAudio(path=path, reason="what the backend heard is not a number")
    return heard


def existing_file(paths: Sequence[str]) -> Path:
    """The first of a track's files that is there, given as the catalogue writes paths (see `domain.paths`).

    Raises AudioMissing, naming the likeliest.
    """
    for path in map(path_from_text, paths):
        if path.is_file():
            return path
    raise AudioMissing(path=paths[0] if paths else "its file")


def _until(interrupted: Callable[[], bool], blocks: Iterable[T]) -> Iterator[T]:
    for block in blocks:
        if interrupted():
            raise Interrupted
        yield block
