"""HYBRID: content and who heard it in one vector, in two variants.

"linear" is a linear autoencoder whose item factors hold content (`hybrid_linear`), "attention" fuses what a listener
always likes with the state of the session (`hybrid_attention`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ml.models.examples import Users
from ml.models.fitted import Fitted
from ml.models.fitting import content_dimension
from ml.models.fitting import fit as fit_towers
from ml.models.hybrid_attention import AttentionHybrid
from ml.models.hybrid_linear import LinearHybrid
from ml.models.windows import windows
from ml.serving.artefact import ModelFacts
from ml.training.data import TrainingData
from ml.training.watch import Watch


@dataclass(frozen=True, slots=True)
class HybridConfig:
    """`cold`: the share of items that each batch sees without their learned part, as if nobody had heard them.
    `blocks`, `heads`, `dropout` and `temperature` are of "attention", which reads a history as one."""

    variant: Literal["linear", "attention"] = "linear"
    dimension: int = 128
    hidden: int = 0
    cold: float = 0.5
    interests: int = 1
    blocks: int = 1
    heads: int = 2
    dropout: float = 0.2
    temperature: float = 0.1
    max_history: int = 50
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    epochs: int = 100
    patience: int = 10


def fit(data: TrainingData, config: HybridConfig, watch: Watch) -> Fitted:
    """A fitted HYBRID model. Raises TrainingCancelled."""
    facts = ModelFacts(
        "HYBRID", config.dimension, content_dimension(data), config.interests, config.max_history, config.variant
    )
    if config.variant == "attention":
        if config.interests > 1:
            raise ValueError("the attention variant reads a history as one: leave interests at 1")
        stretches = windows(data.histories, config.max_history)
        return fit_towers(
            lambda generator: AttentionHybrid(config, data, generator), stretches, data, facts, config, watch
        )
    users = Users.among(data.histories, len(data.catalogue))
    return fit_towers(lambda generator: LinearHybrid(config, data, generator), users, data, facts, config, watch)
