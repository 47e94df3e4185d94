"""What there is to say of each active model, for its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.training import ModelStatus, TrainedModel


def model_cards(models: Sequence[TrainedModel]) -> list[dict[str, Any]]:  # Any: JSON
    """A card for each model that answers."""
    return [_card(model) for model in models if model.status is ModelStatus.ACTIVE]


def _card(model: TrainedModel) -> dict[str, Any]:  # Any: JSON
    snapshot = model.snapshot
    hot = model.metrics.get(model.strategy, {}).get("hot", {}).get("ndcg@10", {})
    learned = "simulated listeners alone" if model.simulated else f"{snapshot.get('people', 0):,} people"
    if snapshot.get("simulated_users") and not model.simulated:
        learned += f" and {snapshot['simulated_users']:,} simulated listeners"
    return {
        "name": model.name,
        "strategy": model.strategy,
        "status": model.status.value,
        "space": model.space,
        "learned_from": f"{learned}; {snapshot.get('trained_on', 0):,} listenings",
        "trained_at": None if model.trained_at is None else model.trained_at.date().isoformat(),
        "seed": model.seed,
        "artefact": model.artefact,
        "settings": ", ".join(f"{name}={value}" for name, value in model.config.items()),
        "measured": f"NDCG@10 {hot.get('estimate')} ({hot.get('low')} to {hot.get('high')}) on tracks that were known"
        if hot
        else "not measured",
        "verdict": model.gate.get("verdict", "not said"),
        "limits": "how anybody listens: nobody's listening was among what it learned from"
        if model.simulated
        else "listeners unlike those it learned from, and tracks whose sound is unlike any that were heard",
    }
