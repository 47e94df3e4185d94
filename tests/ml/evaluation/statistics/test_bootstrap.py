"""Intervals that can be told beforehand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from ml.evaluation.statistics.bootstrap import Interval, bootstrap, means, standard_error


def test_the_standard_error_of_a_mean() -> None:
    # The variance of (0, 0, 1, 1) is 4 · ¼ / 3.
    assert standard_error(np.array([0.0, 0, 1, 1])) == pytest.approx((1 / 3 / 4) ** 0.5)
    assert np.isnan(standard_error(np.array([1.0])))


def test_a_bootstrap_draws_units_and_repeats_itself() -> None:
    values = np.array([0.0, 1.0] * 200)
    alone = bootstrap(values, np.arange(400), np.random.default_rng(0))
    # 1.96 · √(¼ / 400) = .049
    assert alone.estimate == 0.5
    assert alone.low == pytest.approx(0.451, abs=0.006)
    assert alone.high == pytest.approx(0.549, abs=0.006)
    assert bootstrap(values, np.arange(400), np.random.default_rng(0)) == alone
    # Cases that agree within ten users tell as little as ten cases would: 1.96 · √(¼ / 10) = .31
    clustered = bootstrap(np.repeat([0.0, 1.0], 200), np.arange(400) // 40, np.random.default_rng(0))
    assert clustered.high - clustered.low == pytest.approx(0.62, abs=0.1)


def test_users_with_more_cases_count_more() -> None:
    found = bootstrap(np.array([1.0, 1, 1, 0]), np.array([7, 7, 7, 3]), np.random.default_rng(0))
    # Both users, or one of them alone: 3/4, 1, 0.
    assert tuple(found) == (0.75, 0, 1)
    drawn = means(np.array([[1.0], [1], [1], [0]]), np.array([7, 7, 7, 3]), np.random.default_rng(0))
    assert set(drawn[:, 0].tolist()) == {0.0, 0.75, 1.0}


def test_what_is_no_number_is_left_out() -> None:
    found = bootstrap(np.array([1.0, np.nan, 3]), np.arange(3), np.random.default_rng(0))
    assert found.estimate == 2
    assert (found.low, found.high) == (1, 3)
    for values in (np.array([np.nan]), np.empty(0)):
        assert np.isnan(bootstrap(values, np.arange(len(values)), np.random.default_rng(0))).all()


def test_columns_see_the_same_resamples() -> None:
    values = np.random.default_rng(1).random(50)
    drawn = means(np.stack([values, values + 1, 1 - values], axis=1), np.arange(50), np.random.default_rng(0))
    np.testing.assert_allclose(drawn[:, 1], drawn[:, 0] + 1)
    np.testing.assert_allclose(drawn[:, 2], 1 - drawn[:, 0])


def test_95_of_100_intervals_hold_the_truth() -> None:
    random = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        found = bootstrap(random.random(60), np.arange(60), random, resamples=400)
        held += found.low <= 0.5 <= found.high
    # 380 ± 3 · √(400 · .95 · .05) = 380 ± 13, and a little less since percentile intervals are short for few cases.
    assert 380 - 22 <= held <= 380 + 13


def test_only_an_interval_on_one_side_excludes_zero() -> None:
    assert not Interval(1, 0.5, 2).includes_zero
    assert not Interval(-1, -2, -0.5).includes_zero
    assert Interval(0, 0, 0).includes_zero
    assert Interval(1, 0, 2).includes_zero
    assert Interval(sqrt(2), float("nan"), float("nan")).includes_zero


def test_of_one_unit_nothing_follows_for_others() -> None:
    found = bootstrap(np.array([0.2, 0.4]), np.array([7, 7]), np.random.default_rng(0))
    assert found.estimate == pytest.approx(0.3)
    assert np.isnan([found.low, found.high]).all()
    assert found.includes_zero
