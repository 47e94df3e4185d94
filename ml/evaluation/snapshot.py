"""What a model was trained on, so that it is never asked for what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.errors.evaluations import TrainedOnTestRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Where a snapshot does not say until when it reaches, everything may be in it.
EVER = float("inf")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The part of a log that a model has seen: listenings before `seen_until` (seconds since 1970), whether trained on
    or chosen by, but for those of `cold_tracks`, ids (tracks,), which were held out as if nobody had heard them."""

    seen_until: float
    cold_tracks: NDArray[np.int64]

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Snapshot:  # Any: JSON
        """From what is kept with a model: validation, from "trained_until" to "test_from", chose when to stop, and
        counts as seen. A snapshot that does not say when it ends has seen everything."""
        moments = [kept[key] for key in ("trained_until", "test_from") if kept.get(key) is not None]
        cold = np.array(kept.get("cold_tracks") or [], dtype=np.int64)
        return cls(float(max(moments)) if moments else EVER, cold)

    def holds(self, tracks: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(rows,): whether a listening of one of `tracks` (rows,), ids, at `times` (rows,) was seen."""
        return np.asarray((times < self.seen_until) & ~np.isin(tracks, self.cold_tracks))


def require_unseen(model: str, snapshot: Snapshot, tracks: NDArray[np.int64], times: NDArray[np.float64]) -> None:
    """Raises TrainedOnTestRows when `model` has seen any of the test's listenings, `tracks` (rows,), ids, at `times`
    (rows,), seconds since 1970."""
    seen = snapshot.holds(tracks, times)
    if seen.any():
        example = int(tracks[np.argmax(seen)])
        raise TrainedOnTestRows(model=model, rows=int(seen.sum()), of=len(tracks), example=f"one of track {example}")
