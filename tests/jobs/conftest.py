"""Fixtures for tests of jobs: an engine, a queue, and an archive of short recordings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from sqlalchemy import Engine

from jobs.lanes import Lanes
from jobs.queue import JobQueue
from sql.engine import make_engine
from tests.ml.recordings import write
from tests.sql.tracks import add_track

RATE = 16_000


@dataclass(frozen=True)
class Recordings:
    """Tracks in the database whose files are really there, by title."""

    ids: dict[str, int]
    paths: dict[str, Path]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def queue(database_url: str) -> Iterator[JobQueue]:
    queue = JobQueue.of(database_url)
    yield queue
    queue.close()


@pytest.fixture
def lanes(engine: Engine, queue: JobQueue) -> Lanes:
    """What a worker process called "here:1" has in hand, whose turns are one item each."""
    return Lanes(engine, queue, process="here:1", stopping=Event(), resting=Event(), turn_seconds=0.0)


@pytest.fixture
def recordings(engine: Engine, tmp_path: Path) -> Recordings:
    """Four recordings: a chord of 8 s, noise of 4 s, a sweep of 3.5 s and clicks of 2 s (less than one patch)."""
    random = np.random.default_rng(1)
    times = np.arange(8 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * times) for pitch in (220.0, 277.2, 329.6)) / 4
    sweep = 0.5 * np.sin(2 * np.pi * (200 + 300 * times) * times)
    clicks = np.where(np.arange(2 * RATE) % 4_000 < 40, 0.8, 0.0)
    signals = {
        "Chord.flac": chord,
        "Noise.wav": random.uniform(-0.5, 0.5, 4 * RATE),
        "Sweep.flac": sweep[: round(3.5 * RATE)],
        "Clicks.wav": clicks,
    }
    folder = tmp_path / "archive"
    folder.mkdir()
    ids, paths = {}, {}
    with engine.begin() as connection:
        for name, signal in signals.items():
            path = write(folder / name, signal[np.newaxis].astype(np.float32), RATE, layout="mono")
            ids[path.stem] = add_track(connection, path.stem, path)
            paths[path.stem] = path
    return Recordings(ids, paths)
