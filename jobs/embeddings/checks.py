"""Which rows of a file of embeddings can be used, and by name why the others cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jobs.embeddings.file import LONGEST_VECTOR, EmbeddingsFile, FileRow

# How many of the rows that are refused for one reason are named.
NAMED = 5

UNKNOWN = "for tracks that this archive does not hold"
NO_KEY = "without a track"
NO_VECTOR = "without a vector"
NOT_FINITE = "with NaN or infinite numbers"
ZERO = "with nothing but zeros"
DUPLICATE = "for a track or segment that an earlier row is for"
BAD_ENDS = "with ends that are no part of a track"
WITHOUT_TRACK = "for segments of tracks that are not in the file themselves"


class UsableRow(NamedTuple):
    """A vector of shape (dimension,) and unit length, of a track or, with ends in seconds, a segment of it."""

    track_id: int
    start: float | None
    end: float | None
    vector: NDArray[np.float32]


@dataclass
class Checked:
    """What became of a file's rows: the counts of tracks and segments that can be used, all of one `dimension` (0
    before the first), and by reason how many rows were refused, with the first of them by name."""

    dimension: int = 0
    tracks: int = 0
    segments: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, reason: str, name: str, rows: int = 1) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + rows
        self.named.setdefault(reason, [])
        if name and len(self.named[reason]) < NAMED:
            self.named[reason].append(name)


def usable_rows(file: EmbeddingsFile, tracks: Mapping[str | int, int], checked: Checked) -> Iterator[UsableRow]:
    """The rows that can be used, normalized; `tracks` gives a track's id by what names it in the file. The rest is
    counted in `checked`, as everything is."""
    seen: set[tuple[int, float | None, float | None]] = set()
    for row in file:
        name = f"row {row.number:,}" + ("" if row.key is None else f" ({row.key})")
        reason, vector = _checked(row, checked)
        track_id = None if row.key is None else tracks.get(row.key)
        if reason is None and track_id is None:
            reason = NO_KEY if row.key is None else UNKNOWN
        if reason is not None or vector is None or track_id is None:
            checked.refuse(reason or NO_VECTOR, name)
            continue
        start = None if row.start is None else round(row.start, 3)
        end = None if row.end is None else round(row.end, 3)
        if (track_id, start, end) in seen:
            checked.refuse(DUPLICATE, name)
            continue
        seen.add((track_id, start, end))
        if start is None:
            checked.tracks += 1
        else:
            checked.segments += 1
        yield UsableRow(track_id, start, end, vector)


def _checked(row: FileRow, checked: Checked) -> tuple[str | None, NDArray[np.float32] | None]:
    """Why a row cannot be used whatever track it is for, or its vector of unit length."""
    vector = row.vector
    if vector is None or not 1 <= len(vector) <= LONGEST_VECTOR:
        return NO_VECTOR, None
    if not np.isfinite(vector).all():
        return NOT_FINITE, None
    if (row.start is None) != (row.end is None) or (
        row.start is not None and row.end is not None and not 0 <= row.start < row.end < float("inf")
    ):
        return BAD_ENDS, None
    # Whatever its scale: squares of numbers below 1e-154 vanish, and those above 1e154 overflow.
    largest = float(np.abs(vector).max())
    if largest == 0:
        return ZERO, None
    checked.dimension = checked.dimension or len(vector)
    if len(vector) != checked.dimension:
        return f"of another length than the first ({checked.dimension})", None
    scaled = vector / largest
    return None, (scaled / np.linalg.norm(scaled)).astype(np.float32)
