"""Models as they answer now: asked what was heard after their training, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from domain.errors.evaluations import NothingToEvaluate
from domain.settings import Settings
from domain.training import ModelStatus, TrainedModel
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import Metric, all_pairs, compared, estimated
from jobs.evaluation.listening import Split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_unseen_by
from jobs.evaluation.steps.recommending import COMPARED, HOT, K, step_name
from jobs.evaluation.steps.step import Parts, Step
from jobs.evaluation.ways import KNN, Scores, Way
from jobs.item_towers import fetch_artefact
from jobs.storage.location import open_storage
from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.serving.artefact import Artefact
from ml.serving.encoder import OnnxQueryEncoder
from ml.serving.item_tower import OnnxItemTower
from ml.training.data import History

if TYPE_CHECKING:
    from numpy.typing import NDArray

SERVED = "served"


def serving_steps(
    archive: Archive,
    split: Split,
    models: Sequence[TrainedModel],
    settings: Settings,
    seed: int,
    about: dict[str, object],
) -> list[Step]:
    """A step for each model that answers."""
    names = [space.name for space in archive.spaces]
    return [
        Step(
            f"model {model.name} as it is served",
            about
            | {"artefact": model.artefact, "snapshot": model.snapshot, "seed": seed}
            | {"vectors": None if model.space not in names else archive.space(model.space).sha256},
            lambda parts, told, model=model: measure(archive, split, model, settings, parts, seed),  # type: ignore[misc]  # a bound default
            weight=3.0,
            joins=True,
        )
        for model in models
        if model.status is ModelStatus.ACTIVE and model.artefact is not None
    ]


def measure(archive: Archive, split: Split, model: TrainedModel, settings: Settings, parts: Parts, seed: int) -> Part:
    """What was heard after its training, found among all tracks; beside KNN in the same space, on the same cases.

    Raises TrainedOnTestRows, and NothingToEvaluate where the evaluation is without the model's space.
    """
    require_unseen_by(model.name, model.snapshot, split, archive.ids)
    if model.space is not None and model.space not in [space.name for space in archive.spaces]:
        raise NothingToEvaluate(
            reason=f"'{model.name}' reads '{model.space}', which is left out.", remedy="Evaluate that space, too."
        )
    assert model.artefact is not None  # noqa: S101 -- it answers
    content = None if model.space is None else archive.space(model.space).vectors
    scores = served(fetch_artefact(open_storage(settings), model.artefact), content, archive.ids)
    ranks = evaluate(scores, split.hot)
    values = {COMPARED: ndcg(ranks, K), Metric("hit rate", K): hit_rate(ranks, K)}
    random = np.random.default_rng([seed, 95])
    figures = estimated(values, split.hot.users, random, part=SERVED, task=HOT, space=model.space, strategy=model.name)
    rival = Way(KNN, model.space)
    if step_name(rival) in parts:
        both = {model.name: values[COMPARED], rival.name: parts[step_name(rival)].arrays[HOT]}
        found = all_pairs(both, split.hot.users, np.random.default_rng([seed, 96]))
        named: dict[str, tuple[str | None, str | None]] = {
            model.name: (model.space, model.name),
            rival.name: (model.space, KNN),
        }
        figures += compared(found, named, COMPARED, len(split.hot), part=SERVED, task="against KNN")
    return Part(figures)


def served(artefact: Artefact, content: NDArray[np.float32] | None, ids: NDArray[np.int64]) -> Scores:
    """The cosine of each track `ids` (items,) with the nearest query, as a request would find it. A track that the
    model cannot know is far from everything."""
    vectors = OnnxItemTower(artefact).vectors(content, ids)  # (items, dimension)
    unknown = ~vectors.any(axis=1)
    encoder = OnnxQueryEncoder(artefact)

    def one(history: History) -> NDArray[np.float32]:
        queries = encoder.encode(vectors[history.items], history.weights)  # (interests, dimension)
        cosines = (queries @ vectors.T).max(axis=0, initial=-1.0)
        return np.where(unknown, np.float32(-np.inf), cosines).astype(np.float32)

    return lambda histories: np.stack([one(history) for history in histories])
