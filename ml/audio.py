"""Decoding: any recording as a stream of mono blocks at one sample rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types
from av.audio.frame import AudioFrame
from av.error import FFmpegError
from numpy.typing import NDArray

from domain.errors.recordings import EmptyAudio, NotAudio
from ml.container import open_audio, packets, require_plausible

Samples = NDArray[np.float32]

# Decoded frames are a thousand samples long or so; gathered, what Python does for each vanishes beside the decoder.
GATHERED_SAMPLES = 65_536

# PyAV finds a frame's planes by looking for the null pointer behind the last, and FFmpeg keeps one only up to here.
MAX_PLANES = 7

# Floating-point files may hold anything; 40 dB over full scale is no recording any more.
MAX_AMPLITUDE = 100.0


def unheeded(block: Samples, rate: int) -> None:
    """For who has no use for the channels as they are."""


def decode(path: Path, sample_rate: int, heed: Callable[[Samples, int], object] = unheeded) -> Iterator[Samples]:
    """Decode the first audio stream of `path` to mono at `sample_rate` (Hz), 1.0 being full scale.

    `heed` is given each block before that, as `channel_blocks` yields it.

    Yields consecutive blocks of shape (samples,), each a few seconds at most, so that memory does not grow with the
    length of the recording. Channels are averaged, then resampled (soxr, HQ). Damaged packets are left out; a change of
    sample rate or channels on the way is followed.

    Raises NotAudio when there is nothing that can be decoded, EmptyAudio when there is no sample, UnusableAudio when
    the file cannot be opened: all with the first block, since this is a generator.
    """
    resampler: soxr.ResampleStream | None = None
    rate = 0
    for block, block_rate in channel_blocks(path):
        heed(block, block_rate)
        if block_rate != rate:
            if resampler is not None:
                yield from _filled(resampler.resample_chunk(np.empty(0, np.float32), last=True))
            rate = block_rate
            resampler = None if rate == sample_rate else soxr.ResampleStream(rate, sample_rate, 1, dtype="float32")
        mono = downmix(block)
        yield from _filled(mono if resampler is None else resampler.resample_chunk(mono))
    if resampler is not None:
        yield from _filled(resampler.resample_chunk(np.empty(0, np.float32), last=True))


def channel_blocks(path: Path) -> Iterator[tuple[Samples, int]]:
    """Decode the first audio stream of `path` as it is: blocks of shape (channels, samples), each with its rate in Hz.

    Raises as `decode` does.
    """
    with open_audio(path) as (container, stream):
        run: _Run | None = None
        samples = refused = 0
        for packet in packets(container, stream):
            try:
                frames = packet.decode()
            except MemoryError:
                raise
            except FFmpegError:
                refused += 1
                continue
            for frame in frames:
                if run is None or run.kind != _kind(frame):
                    if run is not None:
                        yield from run.drained()
                    require_plausible(path, frame.sample_rate, frame.layout.nb_channels)
                    run = _Run(frame)
                run.write(frame)
                samples += frame.samples
            if run is not None and run.gathered.samples >= GATHERED_SAMPLES:
                yield from run.drained()
        if run is not None:
            yield from run.drained()
        if not samples and refused:
            raise NotAudio(path=path, reason="none of its packets can be decoded")
        if not samples:
            raise EmptyAudio(path=path)


def downmix(block: Samples) -> Samples:
    """The mean over channels: (channels, samples) to (samples,), finite whatever a floating-point file holds."""
    with np.errstate(over="ignore", invalid="ignore"):
        mono: Samples = block[0].copy() if len(block) == 1 else block.sum(axis=0)
        mono *= np.float32(1 / len(block))
        energy = float(mono @ mono)
    # One dot product tells whether anything outrageous is in a block; NaN fails the comparison too.
    if not energy <= len(mono) * MAX_AMPLITUDE**2:
        np.nan_to_num(mono, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        np.clip(mono, -MAX_AMPLITUDE, MAX_AMPLITUDE, out=mono)
    return mono


def _kind(frame: AudioFrame) -> tuple[str, int, int]:
    return frame.format.name, frame.sample_rate, frame.layout.nb_channels


class _Run:
    """Gathers frames of one kind: the FIFO would read past the end of a frame with fewer channels than its first."""

    def __init__(self, first: AudioFrame) -> None:
        self.kind = _kind(first)
        self.gathered = av.AudioFifo()
        wide = first.format.is_planar and self.kind[2] > MAX_PLANES
        self._interleave = av.AudioResampler(format=first.format.packed) if wide else None

    def write(self, frame: AudioFrame) -> None:
        frame.pts = None  # gaps in time stamps, as after damage, are not the FIFO's business
        for readable in self._interleave.resample(frame) if self._interleave else (frame,):
            readable.pts = None
            self.gathered.write(readable)

    def drained(self) -> Iterator[tuple[Samples, int]]:
        frame = self.gathered.read()
        if frame is not None:
            yield _as_float(frame), frame.sample_rate


def _as_float(frame: AudioFrame) -> Samples:
    """A frame's samples as (channels, samples), integers scaled so that full scale is 1.0."""
    samples = frame.to_ndarray()
    if frame.format.is_packed:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - np.float32(128)) / np.float32(128)
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) * np.float32(2.0 ** (1 - 8 * samples.dtype.itemsize))
    return samples.astype(np.float32, copy=False)


def _filled(block: Samples) -> Iterator[Samples]:
    if len(block):
        yield block
