"""The training loop that all models share: epochs, early stopping, checkpoints that survive a kill."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ml.training.watch import Progress, TrainingCancelled, Watch

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """At most `epochs`; none after `patience` epochs without a better metric, which is asked for every `every` epochs.
    AdamW, whose learning rate rises over the first `warmup` steps."""

    epochs: int
    patience: int
    learning_rate: float
    weight_decay: float = 0.0
    warmup: int = 0
    every: int = 1
    clip: float = 5.0


@dataclass
class _State:
    epoch: int = 0
    step: int = 0
    best_metric: float = float("-inf")
    best_epoch: int = 0


def run(
    module: nn.Module,
    losses: Callable[[torch.Generator], Iterable[torch.Tensor]],
    metric: Callable[[], float] | None,
    schedule: Schedule,
    watch: Watch,
) -> int:
    """Trains `module` in place, and returns the epoch whose parameters it has in the end: the best by `metric`, higher
    is better, or the last without one.

    `losses(generator)` yields the loss of every batch of an epoch. All that an epoch draws, from the generator or by
    dropout, follows from the seed and its number alone, so that training resumed from a checkpoint ends exactly as
    uninterrupted training does. Raises TrainingCancelled.
    """
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True
    )
    state, best = _State(), _copied(module)
    if watch.checkpoint is not None and watch.checkpoint.exists():
        state, best = _resume(watch.checkpoint, module, optimizer)
    with torch.random.fork_rng(devices=[]):
        while state.epoch < schedule.epochs and state.epoch - state.best_epoch < schedule.patience * schedule.every:
            if watch.cancelled():
                raise TrainingCancelled
            state.epoch += 1
            loss = _epoch(module, losses, optimizer, schedule, watch.seed, state)
            measured = state.epoch % schedule.every == 0 or state.epoch == schedule.epochs
            value = _measured(module, metric) if metric is not None and measured else None
            better = metric is None or (value is not None and value > state.best_metric)
            if better:
                state.best_epoch, best = state.epoch, _copied(module)
                state.best_metric = state.best_metric if value is None else value
            if watch.checkpoint is not None:
                _save(watch.checkpoint, module, optimizer, state, best)
            watch.report(Progress(state.epoch, schedule.epochs, loss, value, better))
    module.load_state_dict(best)
    module.eval()
    if watch.checkpoint is not None:
        watch.checkpoint.unlink(missing_ok=True)
    return state.best_epoch


def deterministic(device: str | None = None) -> torch.device:
    """The device to train on, the best that there is unless one is named, with torch told to give the same numbers
    every time; on a GPU the last bits may differ all the same."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    if device is not None:
        return torch.device(device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _epoch(
    module: nn.Module,
    losses: Callable[[torch.Generator], Iterable[torch.Tensor]],
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    seed: int,
    state: _State,
) -> float:
    drawn = seed * 1_000_003 + state.epoch
    torch.manual_seed(drawn)
    module.train()
    total, batches = 0.0, 0
    for loss in losses(torch.Generator().manual_seed(drawn)):
        state.step += 1
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate * min(1.0, state.step / max(1, schedule.warmup))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch types it so
        nn.utils.clip_grad_norm_(module.parameters(), schedule.clip)
        optimizer.step()
        total, batches = total + loss.item(), batches + 1
    return total / max(1, batches)


def _measured(module: nn.Module, metric: Callable[[], float]) -> float:
    module.eval()
    with torch.no_grad():
        return metric()


def _copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def _save(
    path: Path, module: nn.Module, optimizer: torch.optim.Optimizer, state: _State, best: dict[str, torch.Tensor]
) -> None:
    """Whole or not at all: another file, on the disk, takes the name in one step."""
    whole: dict[str, Any] = {  # Any: an optimizer's state is what torch makes it
        "format": FORMAT,
        "state": vars(state),
        "module": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "best": best,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        torch.save(whole, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _resume(path: Path, module: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[_State, dict[str, torch.Tensor]]:
    whole = torch.load(path, weights_only=True)
    if whole.get("format") != FORMAT:
        raise ValueError(f"{path} is a checkpoint of another version: delete it to train from the start")
    module.load_state_dict(whole["module"])
    optimizer.load_state_dict(whole["optimizer"])
    best: dict[str, torch.Tensor] = whole["best"]
    return _State(**whole["state"]), best
