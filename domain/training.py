"""Training, as values: what is asked for, and the models that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# Strategies that know tracks by who heard them, and by nothing else.
WITHOUT_CONTENT = frozenset({"COLLABORATIVE"})


class ModelStatus(StrEnum):
    """A model is `TRAINING`, then a `CANDIDATE`; the one that answers is `ACTIVE`, and `RETIRED` when another takes its
    place. A training that did not end well is `FAILED`."""

    TRAINING = "TRAINING"
    CANDIDATE = "CANDIDATE"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """One training of a strategy.

    `space` is the audio space it reads, None where content plays no part; `own_space` the one that its item tower
    makes, None until it is trained. `simulated`: no person's listening was among what it was trained on. `config`,
    `snapshot`, `metrics` and `gate` are as `jobs.training` writes them; `artefact` is the SHA-256 (hex) of its file.
    """

    id: int
    name: str
    strategy: str
    status: ModelStatus
    space: str | None
    own_space: str | None
    artefact: str | None
    simulated: bool
    seed: int
    config: dict[str, Any]  # Any: JSON
    snapshot: dict[str, Any]
    metrics: dict[str, Any]
    gate: dict[str, Any]
    created_at: datetime
    trained_at: datetime | None
    promoted_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrainingWish:
    """What is to be trained: a strategy on an audio space. `settings` are those of the strategy that are not left as
    they are, as text. `simulated`: on simulated listeners, too."""

    strategy: str
    space: str
    seed: int = 0
    simulated: bool = False
    settings: tuple[tuple[str, str], ...] = ()
