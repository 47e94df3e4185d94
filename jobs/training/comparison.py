"""How a model does against what needs no training, on the same cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.evaluation.metrics.coverage import coverage
from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.metrics.ranks import Ranks
from ml.evaluation.recommendation import Scores, evaluate, measure
from ml.evaluation.statistics.bootstrap import Interval, bootstrap
from ml.training.data import Cases, Catalogue, History, TrainingData

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.models.protocol import Recommender

K = 10
KNN, POPULAR, RANDOM = "KNN", "POPULAR", "RANDOM"
# What a model must not be worse than to answer by itself.
RIVALS = (KNN, POPULAR)


def by_model(model: Recommender, catalogue: Catalogue) -> Scores:
    """The cosine of each item with the nearest query of a history."""
    vectors = model.item_vectors(catalogue.content, catalogue.ids)  # (items, dimension)

    def scores(histories: Sequence[History]) -> NDArray[np.float32]:
        queries = model.queries(histories)  # (histories, interests, dimension)
        cosines = queries @ vectors.T
        cosines[np.linalg.norm(queries, axis=2) == 0] = -np.inf
        best: NDArray[np.float32] = cosines.max(axis=1)
        return best

    return scores


def untrained(data: TrainingData, seed: int) -> dict[str, Scores]:
    """KNN, whose query is the weighted mean of a history; popularity in training; and chance."""
    content = data.catalogue.content
    assert content is not None  # noqa: S101 -- an archive's catalogue has it
    counts = data.counts.astype(np.float32)

    def knn(histories: Sequence[History]) -> NDArray[np.float32]:
        means = np.stack([weights @ content[items] / weights.sum() for items, weights in histories])
        return np.asarray(means @ content.T)

    def popular(histories: Sequence[History]) -> NDArray[np.float32]:
        return np.repeat(counts[None], len(histories), axis=0)

    random = np.random.default_rng([seed, 11])

    def chance(histories: Sequence[History]) -> NDArray[np.float32]:
        return random.random((len(histories), len(counts)), dtype=np.float32)

    return {KNN: knn, POPULAR: popular, RANDOM: chance}


def compare(
    ways: Mapping[str, Scores], hot: Cases, cold: Cases, data: TrainingData
) -> tuple[dict[str, Any], dict[str, Ranks]]:
    """HR@10 and NDCG@10 with 95 % intervals, and coverage, for each way: on hot cases, among all tracks; on cold ones,
    among all tracks and among the cold ones alone. Also the ranks of the hot cases, to compare in pairs."""
    items = len(data.catalogue)
    metrics: dict[str, Any] = {}  # Any: JSON
    on_hot: dict[str, Ranks] = {}
    for name, scores in ways.items():
        on_hot[name], covered = _measure(scores, hot, items)
        found = {"hot": _figures(on_hot[name], hot) | {"coverage@10": covered}}
        if len(cold):
            found["cold"] = _figures(evaluate(scores, cold), cold)
            found["cold_among_cold"] = _figures(evaluate(scores, cold, among=~data.hot), cold)
        metrics[name] = found
    return metrics, on_hot


def judge(name: str, on_hot: Mapping[str, Ranks], hot: Cases, *, simulated: bool) -> dict[str, Any]:  # Any: JSON
    """Whether a model may answer by itself: it must not be significantly worse than KNN or popularity, by NDCG@10 on
    the same cases, and people's listening must be among what it was trained on."""
    against: dict[str, Any] = {}
    worse = []
    for rival in RIVALS:
        gained = ndcg(on_hot[name], K) - ndcg(on_hot[rival], K)
        difference = bootstrap(gained, hot.users, np.random.default_rng(0))
        against[rival] = dict(zip(("difference", "low", "high"), map(_rounded, difference), strict=True))
        if difference.high < 0:
            worse.append(rival)
    if worse:
        verdict = f"It is worse than {' and '.join(worse)} on this archive, so it does not answer by itself."
    elif simulated:
        verdict = "Nobody's listening was among what it was trained on, so it answers only if somebody promotes it."
    else:
        verdict = "It is no worse than KNN and popularity on this archive."
    return {"passed": not worse and not simulated, "verdict": verdict, "ndcg@10 against": against}


def _measure(scores: Scores, cases: Cases, items: int) -> tuple[Ranks, float]:
    """Also the share of all `items` that is in any list of ten."""
    found = measure(scores, cases, K, np.random.default_rng(0))
    return found.ranks, coverage(found.lists, items)


def _figures(ranks: Ranks, cases: Cases) -> dict[str, Any]:  # Any: JSON
    found = (("hr@10", hit_rate(ranks, K)), ("ndcg@10", ndcg(ranks, K)))
    return {name: _interval(bootstrap(values, cases.users, np.random.default_rng(0))) for name, values in found}


def _interval(found: Interval) -> dict[str, float]:
    return dict(zip(("estimate", "low", "high"), map(_rounded, found), strict=True))


def _rounded(value: float) -> float:
    return round(float(value), 6)
