"""The outlines of recordings, read for the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sql.database import Database

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Peaks = NDArray[np.uint16]

STORED = "<u2"

WAVEFORMS = "SELECT track_id, peaks FROM waveforms WHERE track_id = ANY(%(ids)s::bigint[])"


class Waveforms:
    """Reads the outlines of tracks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def peaks(self, ids: list[int]) -> dict[int, Peaks]:
        """The outline of each track (points,), 65,535 being full scale; a track without one is left out."""
        rows = await self._database.rows(WAVEFORMS, {"ids": ids})
        return {track: np.frombuffer(peaks, STORED) for track, peaks in rows}
