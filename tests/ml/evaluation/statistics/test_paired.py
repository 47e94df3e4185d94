"""Differences on the same cases: intervals, permutation tests, effect sizes, corrections, verdicts."""

from __future__ import annotations

from itertools import product
from math import sqrt

import numpy as np
import pytest
from scipy.stats import permutation_test

from ml.evaluation.statistics.bootstrap import Interval
from ml.evaluation.statistics.comparisons import (
    Comparison,
    compare_all,
    compare_with,
    compare_with_chosen,
    corrected_together,
)
from ml.evaluation.statistics.holm import holm
from ml.evaluation.statistics.paired import compare


def test_a_difference_is_paired() -> None:
    units = np.arange(300)
    luck = np.random.default_rng(1).random(300)
    found = compare(luck + 0.01, luck, units, np.random.default_rng(0))
    assert found.interval == pytest.approx((0.01, 0.01, 0.01))
    assert found.p == 1 / 10_000  # no other signs make a sum as large
    backwards = compare(luck, luck[::-1], units, np.random.default_rng(0))
    assert backwards.interval.includes_zero


def test_an_effect_is_the_difference_in_deviations() -> None:
    found = compare(np.array([1.0, 2, 3]), np.zeros(3), np.arange(3), np.random.default_rng(0))
    assert found.effect == pytest.approx(2 / 1)
    # Means of users: 1 (of 0 and 2) and 4.
    users = compare(np.array([0.0, 2, 4]), np.zeros(3), np.array([5, 5, 6]), np.random.default_rng(0))
    assert users.effect == pytest.approx(((1 + 4) / 2) / (3 / sqrt(2)))
    assert np.isnan(compare(np.ones(3), np.zeros(3), np.arange(3), np.random.default_rng(0)).effect)
    assert compare(np.ones(3), np.ones(3), np.arange(3), np.random.default_rng(0)).effect == 0


def test_a_permutation_test_counts_signs_that_make_as_much() -> None:
    differences = np.array([3.0, 1, 2, -1, 2])
    all_signs = [abs(np.dot(signs, differences)) for signs in product((1, -1), repeat=5)]
    exact = np.mean([total >= 7 for total in all_signs])  # 3 + 1 + 2 - 1 + 2
    found = compare(differences, np.zeros(5), np.arange(5), np.random.default_rng(0))
    assert found.p == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / 9999))
    theirs = permutation_test(
        (differences, np.zeros(5)), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    assert theirs.pvalue == pytest.approx(exact)


def test_holm_counts_the_smallest_for_all() -> None:
    # .01 · 4, .02 · 3, .03 · 2 but at least .06, .5 · 1
    assert holm(np.array([0.02, 0.5, 0.01, 0.03])).tolist() == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.empty(0)).tolist() == []


def test_every_pair_is_compared_once() -> None:
    random = np.random.default_rng(3)
    luck = random.random(200)
    values = {"low": luck, "same": luck.copy(), "high": luck + 0.1 + 0.05 * random.standard_normal(200)}
    found = {(each.left, each.right): each for each in compare_all(values, np.arange(200), random)}
    assert {pair: each.verdict for pair, each in found.items()} == {
        ("low", "same"): "not distinguishable",
        ("low", "high"): "worse",
        ("same", "high"): "worse",
    }
    # The two smallest of three p-values, 1 / 10,000 each, count threefold.
    assert found["low", "high"].adjusted_p == pytest.approx(3 / 10_000)
    alone = compare(values["low"], values["high"], np.arange(200), np.random.default_rng(0))
    assert found["low", "high"].interval == pytest.approx(alone.interval, abs=2e-3)
    assert found["low", "high"].effect == pytest.approx(alone.effect)
    against = compare_with("low", values, np.arange(200), random)
    assert [(each.left, each.right, each.verdict) for each in against] == [
        ("same", "low", "not distinguishable"),
        ("high", "low", "better"),
    ]
    assert compare_all({"only": luck}, np.arange(200), random) == []


def test_a_case_that_one_of_them_lacks_is_in_no_comparison() -> None:
    values = {"a": np.array([1.0, 2, np.nan, 4]), "b": np.array([0.0, np.nan, 9, 2])}
    (found,) = compare_all(values, np.arange(4), np.random.default_rng(0))
    assert found.interval.estimate == pytest.approx((1 + 2) / 2)


@pytest.mark.parametrize(
    ("interval", "adjusted", "verdict"),
    [
        (Interval(0.2, 0.1, 0.3), 0.01, "better"),
        (Interval(-0.2, -0.3, -0.1), 0.01, "worse"),
        (Interval(0.2, -0.1, 0.5), 0.01, "not distinguishable"),
        (Interval(0.2, 0.0, 0.5), 0.01, "not distinguishable"),
        (Interval(0.2, 0.1, 0.3), 0.05, "not distinguishable"),
    ],
)
def test_a_verdict_takes_interval_and_correction(interval: Interval, adjusted: float, verdict: str) -> None:
    assert Comparison("a", "b", interval, 0.01, adjusted, 0.5).verdict == verdict


def test_among_many_spaces_of_chance_hardly_any_differ() -> None:
    random = np.random.default_rng(4)
    false = 0
    for _ in range(40):
        values = {f"s{number}": random.random(80) for number in range(6)}
        false += any(
            each.verdict != "not distinguishable" for each in compare_all(values, np.arange(80), random, resamples=400)
        )
    # 5 % of 40 are 2; four deviations of √(40 · .05 · .95) more.
    assert false <= 2 + 4 * sqrt(40 * 0.05 * 0.95)


def test_what_luck_has_chosen_is_corrected_for_all_that_it_could_have_chosen() -> None:
    """The best of many alike is far from the worst by luck alone, and no different from it."""
    random = np.random.default_rng(6)
    kept = chosen = 0
    for _ in range(25):
        values = {f"s{number}": random.random(40) for number in range(20)}
        best = max(values, key=lambda name: float(values[name].mean()))
        for_all = compare_with_chosen(best, values, np.arange(40), random, resamples=400)
        named_before = compare_with(best, values, np.arange(40), random, resamples=400)
        assert [one.right for one in for_all] == [best] * 19
        assert [one.left for one in for_all] == [one.left for one in named_before]
        # 20 · 19 / 2 pairs in place of 19.
        smallest = min(for_all, key=lambda one: one.p)
        assert smallest.adjusted_p <= min(1, 190 * smallest.p) + 1e-12
        kept += any(one.verdict != "not distinguishable" for one in for_all)
        chosen += any(one.verdict != "not distinguishable" for one in named_before)
    # 5 % of 25 are 1.25; four deviations of √(25 · .05 · .95) more.
    assert kept <= 1.25 + 4 * sqrt(25 * 0.05 * 0.95)
    assert chosen > kept


def test_what_is_said_together_is_corrected_together() -> None:
    def comparison(p: float) -> Comparison:
        return Comparison("a", "b", Interval(0.2, 0.1, 0.3), p, p, 0.5)

    first, second = corrected_together([[comparison(0.01), comparison(0.03)], [comparison(0.02)]])
    # .01 · 3, .02 · 2, .03 · 1 but at least .04
    assert [one.adjusted_p for one in (*first, *second)] == pytest.approx([0.03, 0.04, 0.04])
    assert [one.verdict for one in (*first, *second)] == ["better", "better", "better"]
    assert corrected_together([[], []]) == [[], []]


def test_what_is_corrected_for_very_many_can_still_be_told_apart() -> None:
    """With 9,999 permutations no p is below .0001: of 600 comparisons together all would come out above .05."""
    random = np.random.default_rng(2)
    values = {"left": 1 + random.random(60), "right": random.random(60)}
    [found] = compare_all(values, np.arange(60), np.random.default_rng(0), together=600)
    # 1 / (100 · 600); 600 times that is .01.
    assert found.p == pytest.approx(1 / 60_000)
    assert compare_all(values, np.arange(60), np.random.default_rng(0))[0].p == pytest.approx(1 / 10_000)
