"""Trained models, as they are served."""

from __future__ import annotations

from dataclasses import dataclass

from domain.recommendations import StrategyName


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A trained model that can answer. Its items lie in a space of their own, `space`; it reads the audio space
    `content_space`, None where content plays no part. `ndcg` is its NDCG@10 on this archive's own split, None where
    it was not measured; `simulated`: nobody's listening was among what it was trained on."""

    id: int
    name: str
    strategy: StrategyName
    space: str
    content_space: str | None
    active: bool = True
    ndcg: float | None = None
    simulated: bool = False
