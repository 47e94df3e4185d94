"""The work that a confined process does on one recording: hear it with a backend, or read what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from domain.errors.recordings import UnusableAudio
from jobs.hearing.answers import pack_embedding, pack_recording
from ml.audio import Samples, decode
from ml.backends.protocol import Backend, TrackEmbedding
from ml.backends.registry import load
from ml.container import Watch, unwatched
from ml.probe import is_silent, probe

# A recording to its answer: a header and a payload. The watch is told how many seconds of it are done.
Work = Callable[[Path, Watch], tuple[dict[str, object], bytes]]


def decoding(backend: str | None, threads: int) -> Work:
    """Hear with `backend` on `threads` cores, or without one read. Raises what `ml.backends.registry.load` raises."""
    if backend is None:
        return read
    loaded = load(backend, threads)
    return lambda path, watch: pack_embedding(hear(loaded, path, watch))


def hear(backend: Backend, path: Path, watch: Watch = unwatched) -> TrackEmbedding:
    """Decode a recording and embed it, in memory that does not grow with its length.

    `watch` is told after every few seconds of audio. Raises UnusableAudio, in its several kinds, when there is nothing
    to hear.
    """
    rate = backend.facts.sample_rate
    heard = backend.embed(_watched(decode(path, rate), rate, watch))
    vectors = (heard.vector, *(segment.vector for segment in heard.segments))
    if not all(np.isfinite(vector).all() for vector in vectors):
        raise UnusableAudio(path=path, reason="what the backend heard is not a number")
    return heard


def read(path: Path, watch: Watch) -> tuple[dict[str, object], bytes]:
    """What a recording is. Raises as `ml.probe.probe` does."""
    recording = probe(path, watch)
    return pack_recording(recording, silent=is_silent(path, watch)), b""


def _watched(blocks: Iterable[Samples], rate: int, watch: Watch) -> Iterator[Samples]:
    samples = 0
    for block in blocks:
        samples += len(block)
        watch(samples / rate)
        yield block
