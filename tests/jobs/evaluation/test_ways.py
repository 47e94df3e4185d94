"""Ways that need no training: their scores by hand."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.evaluation.ways import chance, nearest, personal, popular
from ml.training.data import History

CONTENT = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)


def test_one_vector_is_the_weighted_mean() -> None:
    history = History(np.array([0, 1]), np.array([3.0, 1.0], np.float32))
    # (3 · (1, 0) + 1 · (0, 1)) / √10: cosines 3 / √10 and 1 / √10.
    assert nearest(CONTENT)([history])[0] == pytest.approx(np.array([3, 1, -3, -1]) / np.sqrt(10), abs=1e-6)


def test_one_vector_for_each_interest_finds_both() -> None:
    history = History.of([0, 2])  # opposite tastes, whose mean is nowhere
    assert nearest(CONTENT, 2)([history])[0].tolist() == [1, 0, 1, 0]


def test_the_same_vector_twice_is_a_tie() -> None:
    """Products of single precision differ in their last digits by where in a matrix a row stands."""
    random = np.random.default_rng(5)
    vectors = random.standard_normal((101, 40))
    vectors[-1] = vectors[0]
    content = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    scores = nearest(content)([History.of([item, item + 3]) for item in range(1, 96)])
    assert (scores[:, 0] == scores[:, -1]).all()


def test_popularity_is_the_count_for_everyone() -> None:
    assert popular(np.array([3.0, 2.0]))([History.of([0]), History.of([1])]).tolist() == [[3, 2], [3, 2]]


def test_personal_popularity_goes_by_own_plays_then_composer_then_everyone() -> None:
    counts = np.array([1.0, 9.0, 5.0, 2.0, 2.0])
    composers = np.array([0, 1, 0, 1, -1])
    # Item 0 was heard twice; then 2, by its composer; of the rest 1 is the most popular, 3 and 4 are alike.
    scores = personal(counts, composers)([History.of([0, 0])])[0]
    assert np.argsort(-scores, kind="stable")[:3].tolist() == [0, 2, 1]
    assert scores[3] == scores[4] < scores[1]


def test_chance_is_drawn_by_the_seed() -> None:
    histories = [History.of([0])] * 2
    first, again, other = (chance(5, seed)(histories) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert (first[0] != first[1]).any()
