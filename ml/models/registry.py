"""Which strategies are trained, and by what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ml.models.protocol import Fit

# strategy → (module, config class); a module is imported when its strategy is trained, and has the function `fit`.
TRAINED: dict[str, tuple[str, str]] = {
    "BERT4REC": ("ml.models.bert4rec", "Bert4RecConfig"),
    "COLLABORATIVE": ("ml.models.collaborative", "CollaborativeConfig"),
    "CONTRASTIVE": ("ml.models.contrastive", "ContrastiveConfig"),
    "HYBRID": ("ml.models.hybrid", "HybridConfig"),
    "SHALLOW": ("ml.models.shallow", "ShallowConfig"),
}


@dataclass(frozen=True, slots=True)
class Trainer:
    """How a strategy is trained: `config` makes its settings, all of them with defaults, and `fit` trains."""

    config: Callable[..., Any]  # Any: every strategy has a config of its own
    fit: Fit[Any]


def trainer(strategy: str) -> Trainer:
    """Raises KeyError for a strategy that is not trained."""
    module, config = TRAINED[strategy]
    loaded = import_module(module)
    return Trainer(getattr(loaded, config), loaded.fit)
