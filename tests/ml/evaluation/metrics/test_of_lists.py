"""Metrics of lists on lists that can be told by hand."""

from __future__ import annotations

from itertools import pairwise
from math import log, log2, nan, sqrt

import numpy as np
import pytest

from ml.evaluation.metrics.calibration import miscalibration
from ml.evaluation.metrics.coverage import coverage
from ml.evaluation.metrics.cutoffs import cutoffs, scaled
from ml.evaluation.metrics.diversity import intra_list_diversity
from ml.evaluation.metrics.gini import gini
from ml.evaluation.metrics.lists import top
from ml.evaluation.metrics.long_tail import long_tail_share, tail
from ml.evaluation.metrics.novelty import novelty
from ml.evaluation.metrics.serendipity import serendipity
from ml.training.data import History


def test_cut_offs_grow_with_the_archive() -> None:
    # 1 % of 204 is 2, 5 % is 10.
    assert (scaled(204), cutoffs(204)) == ({"1%": 2, "5%": 10}, (2, 5, 10, 50))
    assert cutoffs(570) == (5, 6, 10, 28, 50)
    assert cutoffs(20) == (1, 5, 10, 20)


def test_a_list_is_the_best_candidates_in_order() -> None:
    scores = np.array([[1, 5, 3, nan, 4]], np.float32)
    random = np.random.default_rng(0)
    assert top(scores, 3, random).tolist() == [[1, 4, 2]]
    assert top(scores, 5, random).tolist() == [[1, 4, 2, 0, 3]]
    some = np.array([[1, 0, 1, 1, 0]], bool)
    assert top(scores, 5, random, some).tolist() == [[2, 0, 3, -1, -1]]
    assert top(scores, 7, random).tolist() == [[1, 4, 2, 0, 3, -1, -1]]


def test_ties_are_in_a_random_order_that_the_seed_repeats() -> None:
    scores = np.zeros((3000, 4), np.float32)
    lists = top(scores, 1, np.random.default_rng(5))
    # Each is first in a quarter: 750 ± 4 · √(3000 · ¼ · ¾)
    counts = np.bincount(lists[:, 0])
    assert np.abs(counts - 750).max() < 4 * sqrt(3000 * 3 / 16)
    assert (lists == top(scores, 1, np.random.default_rng(5))).all()


def test_coverage_is_the_share_of_the_archive_that_is_shown() -> None:
    assert coverage(np.array([[0, 1], [1, 2], [1, -1]]), 12) == 3 / 12


def test_gini_tells_even_from_uneven() -> None:
    assert gini(np.array([[0, 1], [2, 3]]), 4) == pytest.approx(0)
    assert gini(np.array([[2], [2], [2]]), 4) == pytest.approx(1 - 1 / 4)
    # Shown 0, 0, 1, 3 times: (-3·0 - 1·0 + 1·1 + 3·3) / (4 · 4)
    assert gini(np.array([[0], [1], [1], [1]]), 4) == pytest.approx(10 / 16)
    # The mean difference of all pairs over twice the mean is the same.
    shown = np.array([0, 0, 1, 3])
    assert np.abs(shown[:, None] - shown).mean() / (2 * shown.mean()) == pytest.approx(10 / 16)
    assert np.isnan(gini(np.full((2, 3), -1), 4))


def test_novelty_is_the_surprise_of_what_is_shown() -> None:
    # With one added to each the counts are 8, 4, 2, 2 of 16: 1, 2, 3 and 3 bits.
    counts = np.array([7.0, 3, 1, 1])
    found = novelty(np.array([[0, 1], [2, 3], [1, -1]]), counts)
    assert found.tolist() == [pytest.approx((1 + 2) / 2), pytest.approx(3), pytest.approx(-log2(4 / 16))]
    assert np.isnan(novelty(np.array([[-1]]), counts)).all()


def test_diversity_is_the_mean_distance_within_a_list() -> None:
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [1, 0]], np.float32)
    # Distances 1 (right angle), 2 (opposite), 1; 0 of equals; one alone has none.
    lists = np.array([[0, 1, 2], [0, 3, -1], [1, -1, -1]])
    found = intra_list_diversity(lists, vectors)
    assert found[:2].tolist() == [pytest.approx((1 + 2 + 1) / 3), pytest.approx(0)]
    assert np.isnan(found[2])


def test_diversity_is_that_of_every_pair_in_every_batch() -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((40, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists = np.stack([random.permutation(40)[:5] for _ in range(1100)])
    slow = [np.mean([1 - vectors[a] @ vectors[b] for a in each for b in each if a != b]) for each in lists]
    np.testing.assert_allclose(intra_list_diversity(lists, vectors), slow, atol=1e-6)


def test_the_tail_is_what_the_first_four_fifths_of_listening_leave() -> None:
    # 50 + 30 are 80 of 100.
    counts = np.array([50.0, 30, 10, 10, 0])
    assert tail(counts).tolist() == [False, False, True, True, True]
    assert long_tail_share(np.array([[0, 2], [3, 4], [0, 1]]), counts).tolist() == [0.5, 1, 0]
    assert tail(np.zeros(3)).tolist() == [True] * 3


def test_a_list_with_composers_as_they_were_heard_is_calibrated() -> None:
    groups = np.array([0, 0, 1, 1, -1])
    even = History(np.array([0, 2]), np.array([1.0, 1.0], np.float32))
    uneven = History(np.array([0, 2]), np.array([3.0, 1.0], np.float32))
    found = miscalibration(np.array([[1, 3], [1, 3], [1, 0], [4, -1]]), [even, uneven, even, even], groups)
    assert found[0] == pytest.approx(0)
    # Heard ¾ and ¼, shown ½ and ½: q̃ = .99 · ½ + .01 · ¾ and .99 · ½ + .01 · ¼.
    assert found[1] == pytest.approx(0.75 * log(0.75 / 0.5025) + 0.25 * log(0.25 / 0.4975))
    # Heard ½ and ½, shown 1 and 0.
    assert found[2] == pytest.approx(0.5 * log(0.5 / 0.995) + 0.5 * log(0.5 / 0.005))
    assert np.isnan(found[3])  # whose composer is not known


def test_serendipity_is_being_right_where_popularity_is_not() -> None:
    targets = np.array([3, 3, 3])
    lists = np.array([[1, 3], [1, 3], [1, 2]])
    expected = np.array([[0, 1], [3, 0], [0, 1]])
    assert serendipity(lists, targets, expected).tolist() == [1, 0, 0]


def test_a_space_that_shows_fewer_is_more_uneven() -> None:
    random = np.random.default_rng(0)
    found = [gini(random.integers(shown, size=(500, 5)), 50) for shown in (50, 25, 10, 2)]
    assert all(less < more for less, more in pairwise(found))
