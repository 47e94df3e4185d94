"""Measures tempo and loudness of what was not measured yet."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from sqlalchemy import Engine

from domain.errors.machine import ExtraMissing
from domain.errors.recordings import UnusableAudio
from jobs.audio_source import AudioSource
from jobs.hearing.limits import Limits
from jobs.hearing.measurer import Measurer
from sql.listening.repertoire_rows import save_measures, unmeasured_tracks

# As `ml.measures` calls it, which needs librosa.
MEASURES = "librosa-0.11-onset-tempogram-rms"


def measure_archive(
    engine: Engine,
    audio: AudioSource,
    limits: Limits,
    on_progress: Callable[[int, int, str], object] = lambda done, total, current: None,
) -> list[tuple[str, str]]:
    """Measure every track that was not yet, each written as soon as it is known; returns the titles of those that could
    not be, with why. `on_progress` is told tracks done, tracks in all, and which is in hand.

    Raises ExtraMissing, DecoderNotStarted.
    """
    with engine.connect() as connection:
        tracks = unmeasured_tracks(connection, MEASURES)
    if not tracks:
        return []
    if find_spec("librosa") is None:
        raise ExtraMissing(feature="Measuring tempo and loudness", extra="ml")
    failed = []
    with Measurer(limits) as measurer:
        for done, track in enumerate(tracks):
            on_progress(done, len(tracks), track.title)
            try:
                with audio.open(track.paths) as path:
                    found = measurer.measure(path)
            except (UnusableAudio, OSError) as error:
                failed.append((track.title, str(error)))
                continue
            with engine.begin() as connection:
                save_measures(connection, track.id, MEASURES, found.tempo, found.loudness)
    on_progress(len(tracks), len(tracks), "")
    return failed
