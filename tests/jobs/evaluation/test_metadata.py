"""Vectors of what the catalogue says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from jobs.evaluation.metadata import metadata_vectors
from sql.experiments.archive_rows import ArchiveTrack


def track(
    id_: int, *, composer: int | None, album: int | None, seconds: float, year: int | None = None
) -> ArchiveTrack:
    return ArchiveTrack(
        id_, str(id_), f"Track {id_}", seconds, composer, None, album, None, None, None, None,
        None if year is None else date(year, 5, 1), None, None, [], [], [],
    )  # fmt: skip


def test_shared_facts_are_shared_places() -> None:
    tracks = [
        track(1, composer=1, album=1, seconds=10, year=1998),
        track(2, composer=1, album=2, seconds=500, year=1991),
        track(3, composer=None, album=None, seconds=1000),
    ]
    cosines = metadata_vectors(tracks) @ metadata_vectors(tracks).T
    # Four facts each (composer, album, decade, duration), of which composer and decade are shared: 2 / (√4 · √4).
    assert cosines[0, 1] == pytest.approx(0.5)
    # Of the third only the duration is known, which is in another class than the first's.
    assert cosines[0, 2] == 0
    assert np.diag(cosines) == pytest.approx([1, 1, 1])
