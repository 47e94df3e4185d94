"""Refuses to ask a model for what it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.evaluation.listening import Split
from ml.evaluation.snapshot import Snapshot, require_unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray


def require_fair(name: str, split: Split, ids: NDArray[np.int64]) -> None:
    """The split's own training must hold none of its questions. Raises TrainedOnTestRows."""
    snapshot = Snapshot.of({"trained_until": split.moments[0], "cold_tracks": ids[split.cold_items].tolist()})
    targets = np.concatenate([split.hot.targets, split.cold.targets])
    require_unseen(name, snapshot, ids[targets], np.full(len(targets), split.moments[1]))
