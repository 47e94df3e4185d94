"""Metrics of ranks on rankings that can be told by hand, on all orders of ties, and against independent libraries."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from math import log2

import numpy as np
import pytest
import pytrec_eval
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from ml.evaluation.metrics.f1 import f1
from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.mrr import reciprocal_rank
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.metrics.precision import precision
from ml.evaluation.metrics.ranks import Ranks, rank_relevant
from ml.evaluation.metrics.recall import recall

Metric = Callable[[Ranks, int], NDArray[np.float64]]
METRICS: dict[str, Metric] = {
    "hit": hit_rate,
    "recall": recall,
    "precision": precision,
    "f1": f1,
    "ndcg": ndcg,
    "mrr": reciprocal_rank,
}


def ranking(scores: list[float], relevant: list[int]) -> Ranks:
    return rank_relevant(np.array([scores], np.float64), np.array([relevant], bool))


# Relevant at places 2 and 4 of 6.
PLAIN = ([6.0, 5, 4, 3, 2, 1], [0, 1, 0, 1, 0, 0])
# One before, then four that tie, two of them relevant, then one more.
TIED = ([6.0, 5, 5, 5, 5, 1], [0, 1, 0, 1, 0, 0])


@pytest.mark.parametrize(
    ("metric", "k", "value"),
    [
        ("hit", 1, 0),
        ("hit", 3, 1),
        ("recall", 1, 0),
        ("recall", 3, 1 / 2),
        ("recall", 5, 2 / 2),
        ("precision", 3, 1 / 3),
        ("precision", 5, 2 / 5),
        ("precision", 10, 2 / 10),
        ("f1", 3, 2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2)),
        ("f1", 1, 0),
        ("ndcg", 3, (1 / log2(3)) / (1 / log2(2) + 1 / log2(3))),
        ("ndcg", 5, (1 / log2(3) + 1 / log2(5)) / (1 / log2(2) + 1 / log2(3))),
        ("ndcg", 1, 0),
        ("mrr", 5, 1 / 2),
        ("mrr", 1, 0),
    ],
)
def test_without_ties(metric: str, k: int, value: float) -> None:
    assert METRICS[metric](ranking(*PLAIN), k).tolist() == [pytest.approx(value, abs=1e-15)]


@pytest.mark.parametrize(
    ("metric", "k", "value"),
    [
        # Two of the four tied stand at places 2 and 3: none of them is relevant in one of six choices of two.
        ("hit", 3, 1 - 1 / 6),
        ("hit", 2, 1 / 2),
        ("hit", 4, 1),  # three of four places: one at least is relevant
        # At each of places 2 to 5 half an item is expected.
        ("recall", 3, (2 * 1 / 2) / 2),
        ("precision", 3, (2 * 1 / 2) / 3),
        ("f1", 3, 2 * 1 / (3 + 2)),
        ("ndcg", 3, 1 / 2 * (1 / log2(3) + 1 / log2(4)) / (1 / log2(2) + 1 / log2(3))),
        # First at place 2 in 1/2, at 3 in 1/2 · 2/3, at 4 in 1/2 · 1/3 of the orders.
        ("mrr", 6, 1 / 2 * 1 / 2 + 1 / 3 * 1 / 3 + 1 / 6 * 1 / 4),
        ("mrr", 3, 1 / 2 * 1 / 2 + 1 / 3 * 1 / 3),
    ],
)
def test_over_ties(metric: str, k: int, value: float) -> None:
    assert METRICS[metric](ranking(*TIED), k).tolist() == [pytest.approx(value, abs=1e-15)]


@pytest.mark.parametrize("metric", METRICS)
def test_a_tie_counts_the_mean_of_all_its_orders(metric: str) -> None:
    scores, relevant = [7.0, 4, 4, 4, 4, 2, 2], [0, 1, 0, 1, 1, 1, 0]
    for k in (1, 2, 3, 5, 6, 7):
        each = []
        for first in permutations(range(1, 5)):
            for last in permutations(range(5, 7)):
                order = [0, *first, *last]
                broken = [float(7 - order.index(item)) for item in range(7)]
                each.append(METRICS[metric](ranking(broken, relevant), k)[0])
        assert len(each) == 24 * 2
        assert METRICS[metric](ranking(scores, relevant), k)[0] == pytest.approx(np.mean(each), abs=1e-14), k


def test_one_target_counts_by_its_place() -> None:
    for better, gain in ((0, 1 / log2(2)), (1, 1 / log2(3)), (9, 1 / log2(11))):
        scores = [20.0 - place for place in range(12)]
        ranks = ranking(scores, [int(place == better) for place in range(12)])
        assert ndcg(ranks, 10).tolist() == [pytest.approx(gain)]
        assert hit_rate(ranks, 10).tolist() == recall(ranks, 10).tolist() == [1]
        assert reciprocal_rank(ranks).tolist() == [pytest.approx(1 / (better + 1))]
    tenth = ranking([20.0 - place for place in range(12)], [0] * 10 + [1, 0])
    assert (hit_rate(tenth, 10).tolist(), ndcg(tenth, 10).tolist()) == ([0], [0])


def test_scores_that_all_tie_hit_as_chance_does() -> None:
    ranks = ranking([0.0] * 50, [1] + [0] * 49)
    assert hit_rate(ranks, 10).tolist() == [pytest.approx(10 / 50)]
    assert reciprocal_rank(ranks).tolist() == [pytest.approx(np.mean([1 / place for place in range(1, 51)]))]


def test_a_case_without_anything_relevant_has_no_value() -> None:
    ranks = rank_relevant(np.array([[2.0, 1], [2, 1]]), np.array([[0, 0], [0, 1]], bool))
    for metric in METRICS.values():
        values = metric(ranks, 2)
        assert np.isnan(values).tolist() == [True, False]


def tie_free() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    random = np.random.default_rng(11)
    scores = np.stack([random.permutation(120) for _ in range(60)]).astype(np.float64)
    relevant = random.random((60, 120)) < random.random((60, 1)) * 0.3
    relevant[:, 0] = True  # so that there is something to find everywhere
    return scores, relevant


@pytest.mark.parametrize("k", [1, 5, 10, 50, 200])
def test_trec_eval_agrees_where_nothing_ties(k: int) -> None:
    scores, relevant = tie_free()
    run = {f"q{row}": {f"d{item}": float(value) for item, value in enumerate(each)} for row, each in enumerate(scores)}
    truth = {
        f"q{row}": {f"d{item}": int(value) for item, value in enumerate(each)} for row, each in enumerate(relevant)
    }
    asked = {f"ndcg_cut.{k}", f"success.{k}", f"recall.{k}", f"P.{k}", "recip_rank"}
    found = pytrec_eval.RelevanceEvaluator(truth, asked).evaluate(run)

    def theirs(name: str) -> NDArray[np.float64]:
        return np.array([found[f"q{row}"][name] for row in range(len(scores))])

    ranks = rank_relevant(scores, relevant)
    np.testing.assert_allclose(ndcg(ranks, k), theirs(f"ndcg_cut_{k}"), rtol=0, atol=1e-9)
    np.testing.assert_allclose(hit_rate(ranks, k), theirs(f"success_{k}"), rtol=0, atol=1e-9)
    np.testing.assert_allclose(recall(ranks, k), theirs(f"recall_{k}"), rtol=0, atol=1e-9)
    np.testing.assert_allclose(precision(ranks, k), theirs(f"P_{k}"), rtol=0, atol=1e-9)
    np.testing.assert_allclose(reciprocal_rank(ranks), theirs("recip_rank"), rtol=0, atol=1e-9)
    p, r = theirs(f"P_{k}"), theirs(f"recall_{k}")
    harmonic = np.divide(2 * p * r, p + r, out=np.zeros_like(p), where=p + r > 0)
    np.testing.assert_allclose(f1(ranks, k), harmonic, rtol=0, atol=1e-9)


@pytest.mark.parametrize("k", [1, 5, 10, 50])
def test_scikit_learn_agrees_also_over_ties(k: int) -> None:
    random = np.random.default_rng(12)
    scores = random.integers(6, size=(50, 60)).astype(np.float64)
    relevant = random.random((50, 60)) < 0.1
    relevant[:, 0] = True
    theirs = [ndcg_score([truth], [each], k=k) for truth, each in zip(relevant.astype(int), scores, strict=True)]
    np.testing.assert_allclose(ndcg(rank_relevant(scores, relevant), k), theirs, rtol=0, atol=1e-9)
