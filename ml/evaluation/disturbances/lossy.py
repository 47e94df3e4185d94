"""Encoded at a low rate, and decoded again."""

from __future__ import annotations

import io
from typing import Literal

import av
import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types
from av.audio.stream import AudioStream

from ml.evaluation.disturbances.signal import Disturbance, Samples, fitted

# Codecs by name: FFmpeg's encoder, container, and the rate (Hz) at which it is encoded.
ENCODERS = {"mp3": ("libmp3lame", "mp3", 44_100), "aac": ("aac", "mp4", 44_100)}
FRAME = 1024


def lossy(codec: Literal["mp3", "aac"], kilobits: int) -> Disturbance:
    """Through MP3 or AAC at `kilobits` per second. Both containers say how late the encoder is, so that nothing is
    late after decoding."""
    encoder, container, wanted = ENCODERS[codec]

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        if not len(samples):
            return samples
        resampled = samples if rate == wanted else soxr.resample(samples, rate, wanted)
        coded = _decoded(_encoded(np.clip(resampled, -1, 1), encoder, container, wanted, kilobits), container)
        return fitted(coded if rate == wanted else soxr.resample(coded, wanted, rate), len(samples))

    return disturb


def _encoded(samples: Samples, encoder: str, container: str, rate: int, kilobits: int) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(encoder, rate=rate)
        assert isinstance(stream, AudioStream)  # noqa: S101 -- the encoders are of audio
        stream.bit_rate, stream.layout, stream.format = kilobits * 1000, "mono", "fltp"
        for start in range(0, len(samples), FRAME):
            block = np.ascontiguousarray(samples[None, start : start + FRAME], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def _decoded(coded: bytes, container: str) -> Samples:
    with av.open(io.BytesIO(coded), "r", format=container) as file:
        frames = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
    return np.concatenate([np.empty(0, np.float32), *frames]).astype(np.float32)
