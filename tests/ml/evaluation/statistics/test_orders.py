"""Whether two measurements agree: τ, rank stability, correlation over spaces."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from ml.evaluation.statistics.correlation import correlate
from ml.evaluation.statistics.kendall import kendall, rank_stability


def test_kendall_counts_pairs_in_the_same_order() -> None:
    # Of six pairs five are in the same order.
    assert kendall(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 4, 3])) == pytest.approx((5 - 1) / 6)
    # One pair is tied on the left: 5 / √(5 · 6).
    assert kendall(np.array([1.0, 1, 3, 4]), np.array([1.0, 2, 3, 4])) == pytest.approx(5 / sqrt(5 * 6))
    assert np.isnan(kendall(np.ones(4), np.arange(4.0)))
    assert np.isnan(kendall(np.array([1.0, nan, 2]), np.arange(3.0)))
    random = np.random.default_rng(0)
    for _ in range(20):
        left, right = random.integers(5, size=(2, 9)).astype(float)
        assert kendall(left, right) == pytest.approx(kendalltau(left, right).statistic)


def test_an_order_is_stable_where_differences_are_large() -> None:
    random = np.random.default_rng(1)
    clear = {name: place + random.random(50) for place, name in enumerate("abcd")}
    more = {name: place + random.random(80) for place, name in enumerate("abcd")}
    assert rank_stability(clear, more, np.arange(50), np.arange(80), random) == (1, 1, 1)
    reverse = {name: -values for name, values in more.items()}
    assert rank_stability(clear, reverse, np.arange(50), np.arange(80), random) == (-1, -1, -1)
    alike = {name: random.random(50) for name in "abcd"}
    found = rank_stability(alike, more, np.arange(50), np.arange(80), random)
    assert found.low < 0 < found.high


def test_correlation_agrees_with_scipy_and_counts_every_order() -> None:
    probes = np.array([0.2, 0.5, 0.4, 0.9, 0.7, 0.1])
    listening = np.array([0.1, 0.3, 0.35, 0.8, 0.5, 0.2])
    found = correlate(probes, listening, np.random.default_rng(0))
    assert found.spearman.estimate == pytest.approx(spearmanr(probes, listening).statistic)
    assert found.pearson.estimate == pytest.approx(pearsonr(probes, listening).statistic)
    assert found.points == 6
    # Places 2 4 3 6 5 1 against 1 3 4 6 5 2: 1 - 6 · (1 + 1 + 1 + 0 + 0 + 1) / 210.
    assert found.spearman.estimate == pytest.approx(1 - 24 / 210)
    exact = spearmanr(probes, listening)
    assert found.p == pytest.approx(exact.pvalue, abs=0.02)  # theirs is of a t distribution
    assert found.spearman.low < found.spearman.estimate < found.spearman.high <= 1


def test_a_perfect_order_of_four_comes_by_chance_in_two_of_24() -> None:
    found = correlate(np.arange(4.0), np.arange(4.0) ** 2, np.random.default_rng(0))
    assert (found.spearman.estimate, found.p) == (pytest.approx(1), pytest.approx(2 / 24))


def test_more_than_eight_points_are_permuted_at_random() -> None:
    random = np.random.default_rng(5)
    left = random.random(12)
    found = correlate(left, random.random(12), random)
    assert found.p > 0.05
    assert correlate(left, left, random).p < 0.001


def test_what_is_unknown_is_left_out_and_too_little_says_nothing() -> None:
    found = correlate(np.array([1.0, nan, 2]), np.array([1.0, 2, 3]), np.random.default_rng(0))
    assert found.points == 2
    assert np.isnan([found.p, *found.spearman, *found.pearson]).all()
    level = correlate(np.array([1.0, 2, 3]), np.full(3, 0.1), np.random.default_rng(0))
    assert np.isnan([level.p, level.spearman.estimate, level.pearson.estimate]).all()
