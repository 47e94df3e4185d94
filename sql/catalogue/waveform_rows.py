"""Writes the outlines of recordings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

# Nothing is written for a track that was deleted meanwhile.
UPSERT_WAVEFORM = text("""
    INSERT INTO waveforms (track_id, peaks) SELECT t.id, :peaks FROM tracks t WHERE t.id = :track_id
    ON CONFLICT (track_id) DO UPDATE SET peaks = EXCLUDED.peaks
""")


def save_waveform(connection: Connection, track_id: int, peaks: NDArray[np.uint16]) -> None:
    """Write a track's outline (points,), 65,535 being full scale, in place of an earlier one."""
    connection.execute(UPSERT_WAVEFORM, {"track_id": track_id, "peaks": peaks.astype("<u2").tobytes()})
