"""From a track of the table to its audio file: synthesizer, level, fade, encoder."""

from __future__ import annotations

import functools
import importlib.util
import io
import wave
from pathlib import Path

import av
import midirenderer
import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

from jobs.example.performance import TAIL_SECONDS, perform
from jobs.example.tracks import Track

SAMPLE_RATE = 44_100  # Hz
_BIT_RATE = 128_000
_LONGEST_SECONDS = 60.0
_FADE_SECONDS = TAIL_SECONDS + 1.5  # the last notes fade too: most excerpts stop in the middle of a movement
_PEAK_DBFS = (-4.0, -2.0)


def render(track: Track, folder: Path) -> None:
    """Write the track's file below `folder`, which exists; stereo AAC at 44.1 kHz, 128 kbit/s.

    The file appears complete or not at all. With the same versions of the packages on the same kind of processor the
    bytes are the same each time: score, timing, level and encoder depend on nothing but the table.
    """
    generator = track.generator()
    samples = _synthesize(perform(track.score, track.ensemble, generator))[: round(_LONGEST_SECONDS * SAMPLE_RATE)]
    samples *= 10.0 ** (generator.uniform(*_PEAK_DBFS) / 20.0) / np.abs(samples).max()
    fading = round(_FADE_SECONDS * SAMPLE_RATE)
    samples[-fading:] *= np.linspace(1.0, 0.0, fading, dtype=np.float32)[:, None]
    path = folder / track.path
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(_encode(samples, track.tags))
    partial.replace(path)


@functools.cache
def _soundfont() -> bytes:
    # Found, not imported: only a data file is wanted, and importing pretty_midi takes its time.
    found = importlib.util.find_spec("pretty_midi")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pretty_midi", name="pretty_midi")
    return Path(found.origin).with_name("TimGM6mb.sf2").read_bytes()


def _synthesize(midi: bytes) -> NDArray[np.float32]:
    """Samples (frames, 2) at SAMPLE_RATE, full scale 1."""
    with wave.open(io.BytesIO(midirenderer.render_wave_from(_soundfont(), midi))) as reader:
        rate = reader.getframerate()
        pulses = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2").reshape(-1, 2)
    samples: NDArray[np.float32] = soxr.resample(pulses.astype(np.float32) / np.float32(32_768), rate, SAMPLE_RATE)
    return samples


def _encode(samples: NDArray[np.float32], tags: dict[str, str]) -> bytes:
    """The samples (frames, 2) as a tagged .m4a file."""
    file = io.BytesIO()
    with av.open(file, "w", format="ipod") as container:
        container.metadata.update(tags)
        # The default coder takes three times as long, half of the whole work, for no difference at this bit rate.
        options = {"aac_coder": "fast"}
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", bit_rate=_BIT_RATE, options=options)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
