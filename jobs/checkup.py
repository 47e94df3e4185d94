"""Whether everything is here that Segue needs. A check says what it found, or raises an error that says what to do."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.error import FFmpegError
from sqlalchemy.exc import OperationalError

from domain.errors.machine import (
    DatabaseBehind,
    DatabaseUnreachable,
    DataFolderUnwritable,
    DecoderBroken,
    DiskNearlyFull,
    PgvectorMissing,
)
from domain.errors.recordings import UnusableAudio
from domain.paths import path_to_text
from domain.settings import Settings
from domain.spaces import DEFAULT_SPACE
from ml.audio import decode
from ml.backends.registry import load
from sql.embedded import ensure_running
from sql.engine import make_engine
from sql.migrate import MINIMUM_PGVECTOR, pgvector_version
from sql.migrate import check as check_schema
from sql.overview import server_version

# The embedded server's own files take 60 MB, the embeddings of 10,000 tracks of four minutes about 200 MB.
DISK_NEEDED_BYTES = 500_000_000

# What archives are made of: FFmpeg's encoder for each kind of file.
ENCODERS = {".wav": "pcm_s16le", ".flac": "flac", ".mp3": "libmp3lame", ".m4a": "aac", ".opus": "libopus"}
TONE_HZ = 1_000
TONE_SECONDS = 1
TONE_RATE = 48_000
DECODED_RATE = 16_000


def data_folder(settings: Settings) -> str:
    """Raises DataFolderUnwritable."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir) as file:
            file.write(b"x")
    except OSError as error:
        raise DataFolderUnwritable(path=path_to_text(settings.data_dir), reason=error.strerror) from error
    return f"{path_to_text(settings.data_dir)} is writable"


def disk(settings: Settings) -> str:
    """Raises DiskNearlyFull."""
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < DISK_NEEDED_BYTES:
        raise DiskNearlyFull(free=_size(free), needed=_size(DISK_NEEDED_BYTES), path=path_to_text(settings.data_dir))
    return f"{_size(free)} free"


def database(settings: Settings) -> str:
    """Raises DatabaseUnreachable, or what keeps the embedded server from starting, or PgvectorMissing."""
    engine = make_engine(_address(settings))
    try:
        with engine.connect() as connection:
            vector = pgvector_version(connection)
            if tuple(int(number) for number in re.findall(r"\d+", vector or "")[:2]) < MINIMUM_PGVECTOR:
                raise PgvectorMissing(found=vector or "none")
            kind = "PostgreSQL" if settings.database_url else "embedded PostgreSQL"
            return f"{kind} {server_version(connection)}, pgvector {vector}"
    except OperationalError as error:
        raise DatabaseUnreachable(reason=str(error.orig).strip()) from error
    finally:
        engine.dispose()


def schema(settings: Settings) -> str:
    """Raises DatabaseNewer, or DatabaseBehind for a database that is not ours to change unasked."""
    try:
        return f"revision {check_schema(_address(settings))}"
    except DatabaseBehind as error:
        if settings.database_url:
            raise
        return f"{error.details['revision']}; the next command brings it to {error.details['expected']}"


def weights(settings: Settings) -> str:
    """Raises WeightsMissing or WeightsDamaged."""
    facts = load(DEFAULT_SPACE).facts
    return f"{facts.title}, {facts.revision}"


def decoders(settings: Settings) -> str:
    """Makes a second of sound in every kind of file and reads it back. Raises DecoderBroken."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix, encoder in ENCODERS.items():
            path = Path(folder, f"tone{suffix}")
            try:
                _write_tone(path, encoder)
                heard = np.concatenate(list(decode(path, DECODED_RATE)))
            except (FFmpegError, UnusableAudio) as error:
                raise DecoderBroken(codec=suffix.removeprefix("."), reason=str(error)) from error
            pitch = _pitch(heard)
            if abs(pitch - TONE_HZ) > 10:
                raise DecoderBroken(codec=suffix.removeprefix("."), reason=f"{TONE_HZ} Hz came back as {pitch:.0f} Hz")
    return ", ".join(suffix.removeprefix(".") for suffix in ENCODERS)


CHECKS: dict[str, Callable[[Settings], str]] = {
    "data folder": data_folder,
    "disk": disk,
    "database": database,
    "schema": schema,
    "weights": weights,
    "decoders": decoders,
}


def _address(settings: Settings) -> str:
    return settings.database_url or ensure_running(settings.data_dir)


def _size(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def _write_tone(path: Path, encoder: str) -> None:
    times = np.arange(TONE_RATE * TONE_SECONDS) / TONE_RATE
    samples = (0.5 * np.sin(2 * np.pi * TONE_HZ * times) * 32_767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")  # (1, samples)
    frame.sample_rate, frame.pts, frame.time_base = TONE_RATE, 0, Fraction(1, TONE_RATE)
    with av.open(str(path), "w") as container:
        stream = cast(AudioStream, container.add_stream(encoder, rate=TONE_RATE, layout="mono"))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _pitch(samples: np.ndarray) -> float:
    """Frequency (Hz) of the strongest component."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(spectrum.argmax() * DECODED_RATE / len(samples))
