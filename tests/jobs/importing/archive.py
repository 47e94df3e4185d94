"""A small archive of files for tests of importing: recordings told apart by their frequency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from tests.ml.recordings import sine, write

RATE = 16_000
Rows = list[tuple[Any, ...]]  # Any: columns of a query


def record(path: Path, frequency: float = 440.0, seconds: float = 0.5, **tags: str) -> Path:
    """A recording of one tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, np.tile(sine(seconds, RATE, frequency), (1, 1)), RATE, layout="mono", tags=tags)


def rows(database_url: str, statement: str) -> Rows:
    with psycopg.connect(database_url) as connection:
        return connection.execute(statement).fetchall()
