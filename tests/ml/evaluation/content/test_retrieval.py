"""Retrieval on spaces whose truth was planted."""

from __future__ import annotations

from itertools import pairwise
from math import log2

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.content.retrieval import chance, retrieve
from ml.evaluation.content.tasks import Task, tasks
from ml.evaluation.content.truths import Truths, encode
from ml.evaluation.statistics.bootstrap import bootstrap
from ml.evaluation.statistics.comparisons import compare_all

TRACKS, COMPOSERS = 240, 12


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def composer() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(COMPOSERS, size=TRACKS)


@pytest.fixture(scope="module")
def task(composer: NDArray[np.int64]) -> Task:
    (only,) = tasks(Truths(composer=composer))
    return only


def test_neighbours_are_judged_by_their_places() -> None:
    angles = np.radians([0, 10, 25, 45, 70, 100, 135])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    (task,) = tasks(Truths(composer=encode(["a", "b", "a", "b", "b", "b", "a"])))
    found = retrieve(vectors, task)
    assert found.queries.tolist() == list(range(7))
    # From 0° the others come in order: b a b b b a, so that two of a are at places 2 and 6.
    assert {name: values[0] for name, values in found.values.items()} == {
        "ndcg@5": pytest.approx((1 / log2(3)) / (1 / log2(2) + 1 / log2(3))),
        "hit@5": 1,
        "recall@5": pytest.approx(1 / 2),
        "f1@5": pytest.approx(2 * (1 / 5) * (1 / 2) / (1 / 5 + 1 / 2)),
        "mrr": pytest.approx(1 / 2),
    }


def test_chance_is_what_random_orders_find_on_average() -> None:
    (task,) = tasks(Truths(composer=encode(["a", "a", "b", "b", "b", "c"])))
    expected = chance(task)
    assert expected.queries.tolist() == [0, 1, 2, 3, 4]
    # The one other a stands at each of five places equally often.
    assert expected.values["ndcg@5"][0] == pytest.approx(sum(1 / log2(place + 1) for place in range(1, 6)) / 5)
    assert expected.values["mrr"][0] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5)
    random = np.random.default_rng(0)
    drawn = [retrieve(unit(random.standard_normal((6, 8))), task).values for _ in range(1500)]
    for name, values in expected.values.items():
        means = np.mean([each[name] for each in drawn], axis=0)
        np.testing.assert_allclose(means, values, atol=4 * 0.5 / np.sqrt(1500))  # no deviation is above one half


def test_a_space_of_composers_alone_is_perfect_and_falls_as_noise_is_mixed_in(
    composer: NDArray[np.int64], task: Task
) -> None:
    labels = np.eye(COMPOSERS)[composer]
    assert (retrieve(unit(labels), task).values["ndcg@5"] == 1).all()
    noise = np.random.default_rng(2).standard_normal((TRACKS, COMPOSERS))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    shares = (0.4, 0.45, 0.5, 0.6, 0.75, 1.0)
    means = [retrieve(unit((1 - share) * labels + share * noise), task).values["ndcg@5"].mean() for share in shares]
    assert all(more > less for more, less in pairwise([1.0, *means]))
    by_chance = chance(task).values["ndcg@5"].mean()
    assert means[0] > 0.95
    assert abs(means[-1] - by_chance) < 0.05


def test_a_space_under_two_names_is_not_distinguishable(composer: NDArray[np.int64], task: Task) -> None:
    noise = np.random.default_rng(3).standard_normal((TRACKS, COMPOSERS))
    vectors = unit(np.eye(COMPOSERS)[composer] + 0.5 * noise)
    values = {name: retrieve(vectors, task).values["ndcg@5"] for name in ("one", "other")}
    (found,) = compare_all(values, np.arange(TRACKS), np.random.default_rng(0))
    assert (found.verdict, tuple(found.interval), found.p, found.effect) == ("not distinguishable", (0, 0, 0), 1, 0)


def test_shuffled_labels_give_chance_within_the_interval(composer: NDArray[np.int64]) -> None:
    random = np.random.default_rng(4)
    vectors = unit(np.eye(COMPOSERS)[composer] + 0.3 * random.standard_normal((TRACKS, COMPOSERS)))
    (shuffled,) = tasks(Truths(composer=random.permutation(composer)))
    found, expected = retrieve(vectors, shuffled), chance(shuffled)
    for name, values in found.values.items():
        excess = bootstrap(values - expected.values[name], found.queries, random)
        assert excess.low < 0 < excess.high, name


def test_equal_vectors_tie_whatever_the_order_of_tracks(composer: NDArray[np.int64]) -> None:
    random = np.random.default_rng(5)
    vectors = unit(random.standard_normal((6, 30)))[random.integers(6, size=TRACKS)]
    order = random.permutation(TRACKS)
    (one,), (other,) = tasks(Truths(composer=composer)), tasks(Truths(composer=composer[order]))
    for name, values in retrieve(vectors, one).values.items():
        np.testing.assert_allclose(retrieve(vectors[order], other).values[name], values[order], atol=1e-12)
