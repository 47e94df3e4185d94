"""The work that a confined process does on one recording: hear it with a backend, or read what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from domain.errors.recordings import UnusableAudio
from jobs.hearing.answers import pack_hearing, pack_recording
from ml.audio import Samples, decode, unheeded
from ml.backends.protocol import Backend, Means, TrackEmbedding
from ml.backends.registry import load
from ml.container import Watch, unwatched
from ml.probe import is_silent, probe
from ml.waveform import Outline

# A recording to its answer: a header and a payload. The watch is told how many seconds of it are done.
Work = Callable[[Path, Watch], tuple[dict[str, object], bytes]]


def decoding(backend: str | None, means: Means) -> Work:
    """Hear with `backend`, or without one read. Raises what `ml.backends.registry.load` raises."""
    if backend is None:
        return read
    return Listening(load(backend, means.threads, device=means.device, weights=means.weights))


class Listening:
    """The work of a loaded backend, and what it computes on."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.device = backend.device

    def __call__(self, path: Path, watch: Watch) -> tuple[dict[str, object], bytes]:
        outline = Outline()
        heard = hear(self._backend, path, watch, outline)
        return pack_hearing(heard, outline.finish())


def hear(backend: Backend, path: Path, watch: Watch = unwatched, outline: Outline | None = None) -> TrackEmbedding:
    """Decode a recording once, embed it and draw its `outline`, in memory that does not grow with its length but for
    the vectors of its patches.

    `watch` is told after every few seconds of audio. Raises UnusableAudio, in its several kinds, when there is nothing
    to hear.
    """
    rate = backend.facts.sample_rate
    heed = unheeded if outline is None else outline.add
    heard = backend.embed(watched(decode(path, rate, heed), rate, watch))
    vectors = (heard.vector, *(segment.vector for segment in heard.segments))
    if not all(np.isfinite(vector).all() for vector in vectors):
        raise UnusableAudio(path=path, reason="what the backend heard is not a number")
    return heard


def read(path: Path, watch: Watch) -> tuple[dict[str, object], bytes]:
    """What a recording is. Raises as `ml.probe.probe` does."""
    recording = probe(path, watch)
    return pack_recording(recording, silent=is_silent(path, watch)), b""


def watched(blocks: Iterable[Samples], rate: int, watch: Watch) -> Iterator[Samples]:
    """The same blocks; the watch is told how many seconds of them went by."""
    samples = 0
    for block in blocks:
        samples += len(block)
        watch(samples / rate)
        yield block
