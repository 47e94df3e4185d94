"""Refuses to ask a model for what it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.evaluation.listening import Split
from ml.evaluation.snapshot import Snapshot, require_unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray


def require_fair(name: str, split: Split, ids: NDArray[np.int64]) -> None:
    """What a model is about to learn from must hold none of what it will be asked. Raises TrainedOnTestRows."""
    heard = np.isin(split.cold_items, split.train.items)
    snapshot = Snapshot.of(
        {
            "trained_until": float(split.train.times.max(initial=0.0)),
            "cold_tracks": ids[split.cold_items[~heard]].tolist(),
        }
    )
    targets = np.concatenate([split.hot.targets, split.cold.targets])
    require_unseen(name, snapshot, ids[targets], np.full(len(targets), split.moments[1]))
