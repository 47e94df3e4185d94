"""A model against what needs no training: figures, intervals, coverage, and whether it may answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from jobs.training.comparison import KNN, POPULAR, by_model, compare, judge, untrained
from ml.evaluation.metrics.ndcg import ndcg
from ml.training.data import Cases, Catalogue, History, TrainingData

Float = NDArray[np.float32]


def data() -> TrainingData:
    """Four tracks on the axes of a plane; 0 was heard three times, 1 twice, 2 and 3 never."""
    content = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
    histories = [History.of([0, 1]), History.of([0, 1]), History.of([0])]
    return TrainingData(Catalogue(np.array([10, 11, 12, 13]), content), histories)


def cases(*pairs: tuple[list[int], int]) -> Cases:
    return Cases(
        np.arange(len(pairs)), [History.of(items) for items, _ in pairs], np.array([target for _, target in pairs])
    )


def test_knn_is_the_weighted_mean_and_popularity_the_count() -> None:
    ways = untrained(data(), seed=0)
    history = History(np.array([0, 1]), np.array([3.0, 1.0], np.float32))
    # (3 · (1, 0) + 1 · (0, 1)) / 4 = (.75, .25)
    assert ways[KNN]([history]).tolist() == [[0.75, 0.25, -0.75, -0.25]]
    assert ways[POPULAR]([history, history]).tolist() == [[3, 2, 0, 0]] * 2


class TwoInterests:
    """A model whose history has two interests, the second one perhaps missing."""

    dimension = 2

    def __init__(self, second: Sequence[float]) -> None:
        self._second = second

    def item_vectors(self, content: Float | None, ids: NDArray[np.int64]) -> Float:
        assert content is not None
        return content

    def queries(self, histories: Sequence[History]) -> Float:
        return np.array([[(1.0, 0.0), self._second]] * len(histories), np.float32)


def test_a_model_s_score_is_that_of_its_nearest_interest() -> None:
    both = by_model(TwoInterests((0.0, 1.0)), data().catalogue)  # type: ignore[arg-type]
    assert both([History.of([0])]).tolist() == [[1, 1, 0, 0]]
    # A missing interest must not win with cosine 0 over −1.
    one = by_model(TwoInterests((0.0, 0.0)), data().catalogue)  # type: ignore[arg-type]
    assert one([History.of([0])]).tolist() == [[1, 0, -1, 0]]


def test_figures_are_of_hot_and_cold_cases() -> None:
    def scores(histories: Sequence[History]) -> Float:
        return np.repeat(np.array([[0.9, 0.8, 0.1, 0.2]], np.float32), len(histories), axis=0)

    hot, cold = cases(([0], 1), ([1], 0)), cases(([0], 2), ([1], 3))
    metrics, on_hot = compare({"X": scores}, hot, cold, data())
    # Both targets are first once the history is left out.
    assert ndcg(on_hot["X"], 10).tolist() == [1.0, 1.0]
    assert metrics["X"]["hot"]["hr@10"] == {"estimate": 1.0, "low": 1.0, "high": 1.0}
    assert metrics["X"]["hot"]["coverage@10"] == 1.0
    # From history 0: 1 (.8), 3 (.2), 2 (.1): rank 3, 1 / log₂ 4 = .5. From history 1: 0 (.9), 3 (.2): rank 2, .6309.
    assert metrics["X"]["cold"]["ndcg@10"]["estimate"] == pytest.approx((0.5 + 0.63093) / 2, abs=1e-5)
    # Among cold ones 3 comes before 2: ranks 2 and 1.
    assert metrics["X"]["cold_among_cold"]["ndcg@10"]["estimate"] == pytest.approx((0.63093 + 1) / 2, abs=1e-5)


def ranked(places: Sequence[int]) -> object:
    def scores(histories: Sequence[History]) -> Float:
        found = np.zeros((len(histories), 30), np.float32)
        for row, place in enumerate(places):
            found[row, 1 : 1 + place] = 1.0  # so many stand before item 0
            found[row, 0] = 0.5
        return found

    return scores


def many(users: int) -> Cases:
    return Cases(np.arange(users), [History.of([29])] * users, np.zeros(users, np.int64))


@pytest.mark.parametrize(
    ("model", "simulated", "passed", "said"),
    [
        (0, False, True, "no worse"),
        (2, False, True, "no worse"),  # like its rivals
        (5, False, False, "worse than KNN and POPULAR"),
        (0, True, False, "somebody promotes it"),
    ],
)
def test_only_what_is_no_worse_and_learned_from_people_answers(
    model: int, simulated: bool, passed: bool, said: str
) -> None:
    bare = TrainingData(Catalogue(np.arange(30), np.ones((30, 2), np.float32)), [])
    hot = many(40)
    ways = {"X": ranked([model] * 40), KNN: ranked([2] * 40), POPULAR: ranked([2] * 40)}
    _, on_hot = compare(ways, hot, many(0), bare)  # type: ignore[arg-type]
    gate = judge("X", on_hot, hot, simulated=simulated)
    assert (gate["passed"], said in gate["verdict"]) == (passed, True)
    # Place p has 1 / log₂(p + 2): 1, .5 and .35621 for 0, 2 and 5 before it.
    gain = {0: 1.0, 2: 0.5, 5: 0.356207}[model]
    assert gate["ndcg@10 against"][KNN]["difference"] == pytest.approx(gain - 0.5, abs=1e-5)


def test_what_is_not_distinguishable_passes() -> None:
    bare = TrainingData(Catalogue(np.arange(30), np.ones((30, 2), np.float32)), [])
    # Better for half of the users, worse for the others by more: the interval of the mean holds 0.
    mixed = [0, 9] * 4
    ways = {"X": ranked(mixed), KNN: ranked([1] * 8), POPULAR: ranked([2] * 8)}
    _, on_hot = compare(ways, many(8), many(0), bare)  # type: ignore[arg-type]
    gate = judge("X", on_hot, many(8), simulated=False)
    against = gate["ndcg@10 against"][KNN]
    assert against["low"] < 0 < against["high"] or against["high"] >= 0
    assert gate["passed"]
