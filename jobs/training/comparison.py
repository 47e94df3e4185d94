"""How a model does against what needs no training, on the same cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.training.data import Cases, Catalogue, History, TrainingData
from ml.training.metrics import BATCH, Quality, bootstrap, paired, rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.models.protocol import Recommender

K = 10
KNN, POPULAR, RANDOM = "KNN", "POPULAR", "RANDOM"
# What a model must not be worse than to answer by itself.
RIVALS = (KNN, POPULAR)

Scores = Callable[[Sequence[History]], "NDArray[np.float32]"]  # histories to (histories, items), higher is better


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
) -> tuple[dict[str, Any], dict[str, Quality]]:
    """HR@10 and NDCG@10 with 95 % intervals, and coverage, for each way: on hot cases, among all tracks; on cold ones,
    among all tracks and among the cold ones alone. Also the hot cases' own figures, to compare in pairs."""
    cold_items = ~data.hot
    metrics: dict[str, Any] = {}  # Any: JSON
    on_hot: dict[str, Quality] = {}
    for name, scores in ways.items():
        on_hot[name], coverage = _measure(scores, hot)
        found = {"hot": _figures(on_hot[name], hot) | {"coverage@10": coverage}}
        if len(cold):
            found["cold"] = _figures(_measure(scores, cold)[0], cold)
            found["cold_among_cold"] = _figures(_measure(_only(scores, cold_items), cold)[0], cold)
        metrics[name] = found
    return metrics, on_hot


def judge(name: str, on_hot: Mapping[str, Quality], hot: Cases, *, simulated: bool) -> dict[str, Any]:  # Any: JSON
    """Whether a model may answer by itself: it must not be significantly worse than KNN or popularity, by NDCG@10 on
    the same cases, and people's listening must be among what it was trained on."""
    against: dict[str, Any] = {}
    worse = []
    for rival in RIVALS:
        difference = paired(on_hot[name].gains, on_hot[rival].gains, hot.users)
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


def _measure(scores: Scores, cases: Cases) -> tuple[Quality, float]:
    """Also the share of all items that is in any list of ten."""
    better, tied, shown, items = [], [], set[int](), 1
    for start in range(0, len(cases), BATCH):
        chosen = np.zeros(len(cases), dtype=bool)
        chosen[start : start + BATCH] = True
        batch = cases.where(chosen)
        found = scores(batch.histories)
        items = found.shape[1]
        ranks = rank(found, batch)
        better.append(ranks.better)
        tied.append(ranks.tied)
        left = np.nan_to_num(found, nan=-np.inf, neginf=-np.inf)
        for row, history in enumerate(batch.histories):
            left[row, history.items] = -np.inf
        shown.update(np.argsort(-left, axis=1, kind="stable")[:, :K].ravel().tolist())
    whole = ranks._replace(better=np.concatenate(better), tied=np.concatenate(tied))
    return Quality.at(K, whole), len(shown) / items


def _only(scores: Scores, items: NDArray[np.bool_]) -> Scores:
    def masked(histories: Sequence[History]) -> NDArray[np.float32]:
        found = scores(histories).copy()
        found[:, ~items] = -np.inf
        return found

    return masked


def _figures(quality: Quality, cases: Cases) -> dict[str, Any]:  # Any: JSON
    return {
        name: dict(zip(("estimate", "low", "high"), map(_rounded, bootstrap(values, cases.users)), strict=True))
        for name, values in (("hr@10", quality.hits), ("ndcg@10", quality.gains))
    }


def _rounded(value: float) -> float:
    return round(float(value), 6)
