"""Refuses to ask a model for what it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.evaluation.listening import Split
from ml.evaluation.snapshot import Snapshot, require_unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray


def require_fair(name: str, split: Split, ids: NDArray[np.int64]) -> None:
    """What a model is about to learn from must hold none of what it will be asked. Raises TrainedOnTestRows."""
    heard = np.isin(split.cold_items, split.train.items)
    learned = {
        "trained_until": float(split.train.times.max(initial=0.0)),
        "cold_tracks": ids[split.cold_items[~heard]].tolist(),
    }
    _require(name, learned, np.concatenate([split.hot.targets, split.cold.targets]), split, ids)


def require_unseen_by(
    name: str, snapshot: Mapping[str, Any], split: Split, ids: NDArray[np.int64]
) -> None:  # Any: JSON
    """A model that was trained before, with its `snapshot` as it is kept, must have seen nothing of what it is asked.
    Raises TrainedOnTestRows."""
    _require(name, snapshot, split.hot.targets, split, ids)


def _require(
    name: str, snapshot: Mapping[str, Any], targets: NDArray[np.int64], split: Split, ids: NDArray[np.int64]
) -> None:
    """Whatever is asked was heard when the test began, or later."""
    require_unseen(name, Snapshot.of(snapshot), ids[targets], np.full(len(targets), split.moments[1]))
