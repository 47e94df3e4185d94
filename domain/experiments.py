"""Evaluations, as values: what is asked for, and the figures that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EvaluationWish:
    """What is to be evaluated: `spaces` and `strategies` by name, none meaning all that there are. `full` takes all
    subsets, probes, disturbances and seeds, otherwise few. `simulated`: on simulated listeners, too, although people
    listened. `labels` is the SHA-256 (hex) of a file of labels that lies in the data folder. With `resume`, what an
    earlier run worked out from the same inputs is taken over."""

    spaces: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    seed: int = 0
    full: bool = True
    resume: bool = True
    simulated: bool = False
    labels: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: of a `part` of an evaluation ("content", "hot" …) and a `task` in it, the `metric` (at the length
    `k`, where it has one) of a `space`, a `strategy`, or both. `low` to `high` is the 95 % interval of `value`, from so
    many `cases`; all three are None where there was nothing to measure. `config` says the rest, such as what a
    difference is against."""

    part: str
    task: str
    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    cases: int = 0
    space: str | None = None
    strategy: str | None = None
    k: int | None = None
    config: dict[str, Any] = field(default_factory=dict)  # Any: JSON


@dataclass(frozen=True, slots=True)
class Experiment:
    """A figure as it is kept: of the evaluation `run_id`, with the `seed`, the `versions` and the `hashes` that it
    rests on, and for how many `seconds` its step ran."""

    id: int
    run_id: UUID
    figure: Figure
    seed: int
    versions: dict[str, Any]  # Any: JSON
    hashes: dict[str, Any]
    seconds: float
    created_at: datetime
