"""Gaps and growth that can be told beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluation.learning_curve import learning_curve, train_test_gap


def test_growth_is_what_the_last_step_brought_on_the_same_cases() -> None:
    random = np.random.default_rng(0)
    luck = random.random(300)
    curve = learning_curve({1.0: luck + 0.1, 0.1: luck, 0.5: luck + 0.04}, np.arange(300), random)
    assert list(curve.points) == [0.1, 0.5, 1.0]
    assert curve.points[0.1].estimate == pytest.approx(luck.mean())
    assert curve.growth == pytest.approx((0.06, 0.06, 0.06))
    level = learning_curve({0.5: luck, 1.0: random.permutation(luck)}, np.arange(300), random)
    assert level.growth.includes_zero
    assert np.isnan(learning_curve({1.0: luck}, np.arange(300), random).growth).all()


def test_a_gap_is_between_other_cases() -> None:
    random = np.random.default_rng(1)
    train, test = 0.3 + random.random(200), random.random(100)
    found = train_test_gap(train, test, np.arange(200), np.arange(1000, 1100), random)
    assert found.estimate == pytest.approx(train.mean() - test.mean())
    # 1.96 · √(1/12 / 200 + 1/12 / 100) = .069
    assert found.high - found.low == pytest.approx(2 * 0.069, abs=0.02)


def test_a_user_on_both_sides_is_drawn_for_both() -> None:
    users = np.arange(50)
    taste = np.random.default_rng(2).random(50)
    found = train_test_gap(taste + 0.25, taste, users, users, np.random.default_rng(0))
    assert found == pytest.approx((0.25, 0.25, 0.25))


def test_nothing_says_nothing() -> None:
    none = np.empty(0)
    assert np.isnan(train_test_gap(none, np.ones(3), none.astype(int), np.arange(3), np.random.default_rng(0))).all()
