"""An archive of tracks that take different times to hear, and what an undisturbed run hears in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import Vector

from jobs.hearing.decoding import hear
from ml.backends.registry import load
from sql.engine import make_engine
from tests.ml.recordings import write
from tests.sql.tracks import add_track

SPACE = "musicnn-mtt"
RATE = 16_000
# The last bit of a sum depends on how many cores a network may use.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Archive:
    """The file that holds each track, by the track's id."""

    paths: dict[int, Path]

    def differences(self, url: str, most: int | None = None) -> list[str]:
        """How the active revision differs from what an undisturbed run hears: every track once, every segment once.

        Of `most` tracks, or all, it is looked at what was heard.
        """
        backend = load(SPACE)
        wrong = []
        with psycopg.connect(url) as connection:
            revision = _value(connection, "SELECT active_revision_id FROM spaces WHERE name = %s", SPACE)
            counts = connection.execute(
                "SELECT track_id, count(*) FROM track_embeddings WHERE revision_id = %s GROUP BY track_id", [revision]
            ).fetchall()
            if sorted(counts) != [(track_id, 1) for track_id in sorted(self.paths)]:
                wrong.append(f"embeddings of each track: {sorted(counts)}")
            for track_id, path in list(self.paths.items())[:most]:
                heard = hear(backend, path)
                about = [revision, track_id]
                rows = connection.execute(
                    "SELECT embedding::text FROM track_embeddings WHERE revision_id = %s AND track_id = %s", about
                ).fetchall()
                if len(rows) != 1 or not _close([rows[0][0]], [heard.vector]):
                    wrong.append(f"vector of {path.name}")
                rows = connection.execute(
                    "SELECT s.start_seconds, s.end_seconds, e.embedding::text"
                    " FROM segment_embeddings e JOIN segments s ON s.id = e.segment_id"
                    " WHERE e.revision_id = %s AND e.track_id = %s ORDER BY s.start_seconds",
                    about,
                ).fetchall()
                bounds = [(round(s.start_seconds, 3), round(s.end_seconds, 3)) for s in heard.segments]
                if [row[:2] for row in rows] != bounds or not _close(
                    [row[2] for row in rows], [s.vector for s in heard.segments]
                ):
                    wrong.append(f"segments of {path.name}")
                scores = connection.execute(
                    "SELECT scores FROM track_tags WHERE revision_id = %s AND track_id = %s", about
                ).fetchall()
                if len(scores) != 1 or not np.allclose(scores[0][0], heard.tag_scores, atol=TOLERANCE):
                    wrong.append(f"tags of {path.name}")
        return wrong


def make_recordings(folder: Path, seconds: list[float], seed: int) -> list[Path]:
    """Recordings of these lengths, each unlike the others."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write(folder / f"{number:03} Piece.flac", _piece(random, length)[np.newaxis], RATE, layout="mono")
        for number, length in enumerate(seconds, 1)
    ]


def make_archive(url: str, paths: list[Path]) -> Archive:
    """Write recordings into the catalogue, without importing them."""
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            return Archive({add_track(connection, path.stem, path): path for path in paths})
    finally:
        engine.dispose()


def _piece(random: np.random.Generator, seconds: float) -> NDArray[np.float32]:  # (samples,)
    """Ten seconds of three tones that come and go, over and over."""
    times = np.arange(10 * RATE) / RATE
    tones = sum(
        np.sin(2 * np.pi * pitch * times) * np.sin(2 * np.pi * times * swell)
        for pitch, swell in zip(random.uniform(100, 2_000, 3), random.uniform(0.1, 4, 3), strict=True)
    )
    return np.resize(0.25 * np.asarray(tones), round(seconds * RATE)).astype(np.float32)


def _close(stored: list[str], heard: list[NDArray[np.float32]]) -> bool:
    return len(stored) == len(heard) and all(
        np.allclose(Vector.from_text(text).to_numpy(), vector, atol=TOLERANCE)
        for text, vector in zip(stored, heard, strict=True)
    )


def _value(connection: psycopg.Connection, statement: str, *parameters: object) -> object:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    return row[0]
