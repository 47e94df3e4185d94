"""Which strategy, space and model answer a listener: what was asked for, or else the best that there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors.asking import ConflictingArguments, SpaceNotReady
from domain.errors.models import ModelNotFound, ModelNotReady
from domain.ids import shortened
from domain.lists import existing_space
from domain.models import ServedModel
from domain.recommendations import TRAINED, StrategyName
from domain.requests import ListenerRequest
from domain.spaces import DEFAULT_SPACE, Space
from domain.strategies import RANKINGS


@dataclass(frozen=True, slots=True)
class Choice:
    """`space` and `model` are None where the strategy needs none. `reason` says why it was chosen, None where it was
    asked for; `fallback_reason` why it is not what was meant."""

    strategy: StrategyName
    space: Space | None = None
    model: ServedModel | None = None
    reason: str | None = None
    fallback_reason: str | None = None


def choose(request: ListenerRequest, spaces: Mapping[str, Space], models: Sequence[ServedModel]) -> Choice:
    """What answers a request, as far as that is known before the listener's history is.

    Raises SpaceNotFound, SpaceNotReady, ModelNotFound, ModelNotReady and ConflictingArguments for explicit wishes that
    cannot be met.
    """
    if request.model is not None:
        return _named(request, request.model, spaces, models)
    strategy = request.strategy or StrategyName.AUTO
    if strategy in TRAINED:
        return _trained(request, strategy, spaces, models)
    if request.space is not None:
        existing_space(spaces, request.space)
    if strategy is StrategyName.KNN:
        return Choice(strategy, existing_space(spaces, request.space or DEFAULT_SPACE))
    if strategy in RANKINGS:
        return Choice(strategy)
    return _best(request, spaces, models)


def _named(request: ListenerRequest, name: str, spaces: Mapping[str, Space], models: Sequence[ServedModel]) -> Choice:
    model = next((model for model in models if name in (model.name, str(model.id))), None)
    if model is None:
        raise ModelNotFound(name=shortened(name), known=", ".join(model.name for model in models) or "none yet")
    if request.strategy not in (None, StrategyName.AUTO, model.strategy):
        raise ConflictingArguments(one="model", other="strategy", reason=f"it is a {model.strategy} model")
    if request.space not in (None, model.space, model.content_space):
        raise ConflictingArguments(one="model", other="space", reason=f"it answers in space '{model.space}'")
    if model.space not in spaces:
        raise SpaceNotReady(name=model.space)
    return Choice(model.strategy, spaces[model.space], model)


def _trained(
    request: ListenerRequest, strategy: StrategyName, spaces: Mapping[str, Space], models: Sequence[ServedModel]
) -> Choice:
    for model in _active(request, spaces, models):
        if model.strategy is strategy:
            return Choice(strategy, spaces[model.space], model)
    raise ModelNotReady(strategy=strategy.value, space=shortened(request.space or DEFAULT_SPACE))


def _best(request: ListenerRequest, spaces: Mapping[str, Space], models: Sequence[ServedModel]) -> Choice:
    """The active model that did best on this archive's own split; without one KNN; without any space, the popular."""
    active = _active(request, spaces, models)
    if active:
        best, reason = active[0], f"{active[0].strategy}: it is the trained model that is active here."
        if best.ndcg is not None:
            among = "the active model" if len(active) == 1 else f"the best of {len(active)} active models"
            reason = f"{best.strategy}: {among}, with an NDCG@10 of {best.ndcg:.3f} on this archive's own listening."
        return Choice(best.strategy, spaces[best.space], best, reason)
    name = request.space or DEFAULT_SPACE
    if name in spaces:
        return Choice(StrategyName.KNN, spaces[name], None, f"{StrategyName.KNN}: no trained model is active here.")
    return Choice(
        StrategyName.POPULAR,
        reason=f"{StrategyName.POPULAR}: there is nothing to compare yet.",
        fallback_reason=f"Space '{name}' holds no embeddings yet.",
    )


def _active(request: ListenerRequest, spaces: Mapping[str, Space], models: Sequence[ServedModel]) -> list[ServedModel]:
    """Active models of the space that was asked for, whose own space answers, the best first."""
    found = [
        model
        for model in models
        if model.active
        and model.space in spaces
        and (request.space is None or request.space in (model.space, model.content_space) or not model.content_space)
    ]
    return sorted(found, key=lambda model: (-(model.ndcg if model.ndcg is not None else -1.0), model.id))
