"""A small archive of files for tests of importing: recordings told apart by their frequency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from jobs.importing.report import ImportReport
from tests.ml.recordings import sine, write

RATE = 16_000
Rows = list[tuple[Any, ...]]  # Any: columns of a query

CATALOGUE = """
    SELECT a.title, t.disc, t.position, t.title, c.name FROM tracks t
    LEFT JOIN albums a ON a.id = t.album_id LEFT JOIN composers c ON c.id = t.composer_id
    ORDER BY a.sort_key, t.disc, t.position, t.title
"""


def record(path: Path, frequency: float = 440.0, seconds: float = 0.5, **tags: str) -> Path:
    """A recording whose sound is told apart by its frequency."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = 48_000 if path.suffix == ".opus" else RATE
    channels = 2 if path.suffix == ".ogg" else 1  # FFmpeg's Vorbis encoder knows stereo only
    layout = "stereo" if channels == 2 else "mono"
    return write(path, np.tile(sine(seconds, rate, frequency), (channels, 1)), rate, layout=layout, tags=tags)


def rows(database_url: str, statement: str) -> Rows:
    with psycopg.connect(database_url) as connection:
        return connection.execute(statement).fetchall()


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.refused)
