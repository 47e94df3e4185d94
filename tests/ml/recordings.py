"""Makes small recordings in every container for the tests, from signals that are known to the sample."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

# File suffix -> encoder and its options. FFmpeg's own Vorbis encoder is marked experimental; it makes real Ogg Vorbis.
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    ".wav": ("pcm_s16le", {}),
    ".flac": ("flac", {}),
    ".mp3": ("libmp3lame", {}),
    ".m4a": ("aac", {}),
    ".ogg": ("vorbis", {"strict": "experimental"}),
    ".opus": ("libopus", {}),
    ".aiff": ("pcm_s16be", {}),
    ".aac": ("aac", {}),
}


def sine(seconds: float, sample_rate: int, frequency: float = 440.0, amplitude: float = 0.5) -> NDArray[np.float32]:
    """One channel of a sine: (samples,)."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency * times)).astype(np.float32)


def write(
    path: Path,
    channels: NDArray[np.float32],  # (channels, samples)
    sample_rate: int = 48_000,
    *,
    layout: str = "stereo",
    codec: str | None = None,
    tags: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    bit_rate: int | None = None,
) -> Path:
    """Encode `channels` to `path`; the suffix chooses container and encoder. `muxer` takes FFmpeg's muxer options,
    `bit_rate` bits a second."""
    encoder, options = ENCODERS[path.suffix]
    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else None, options=muxer or {}) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(codec or encoder, rate=sample_rate, layout=layout, options=options)
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        for start in range(0, channels.shape[1], 4096):
            block = channels[:, start : start + 4096].T.reshape(1, -1)  # interleaved: PyAV writes at most 7 planes
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = sample_rate, start, Fraction(1, sample_rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def lengthened(path: Path, times: int) -> Path:
    """The packets of a recording so many times over."""
    longer = path.with_name(f"{times} times {path.name}")
    with av.open(str(path)) as source, av.open(str(longer), "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        packets = [packet for packet in source.demux(source.streams.audio[0]) if packet.size]
        position = 0
        for _ in range(times):
            for packet in packets:
                again = av.Packet(bytes(packet))
                again.pts = again.dts = position
                again.duration, again.time_base, again.stream = packet.duration, packet.time_base, stream
                position += packet.duration
                target.mux(again)
    return longer
