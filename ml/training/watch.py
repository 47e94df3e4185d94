"""What whoever starts a training gives it, and hears from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """One epoch is done: `epoch` of at most `epochs`, from 1; the mean `loss` of its batches; `metric`, NDCG@10 on the
    validation cases, None where the epoch was not validated; `best` says that it is the best so far."""

    epoch: int
    epochs: int
    loss: float
    metric: float | None
    best: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """`seed` decides everything that is drawn. With `checkpoint`, a file, training goes on where a killed one stopped,
    to the same result; it is removed in the end. `device` is a torch device, None the best that there is. `report` is
    called after every epoch, `cancelled` asked before each; a cancelled training raises TrainingCancelled."""

    seed: int = 0
    checkpoint: Path | None = None
    device: str | None = None
    report: Callable[[Progress], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False


class TrainingCancelled(Exception):
    """Training was cancelled; the checkpoint stays."""
