"""A history divided into interests."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.interests import interests


def directions(*degrees: float) -> NDArray[np.float32]:
    """Unit vectors in a plane."""
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def ones(count: int) -> NDArray[np.float32]:
    return np.ones(count, dtype=np.float32)


def test_items_that_are_alike_are_one_interest_and_the_weightiest_comes_first() -> None:
    vectors = directions(90, 0, 92, 4, 180, 2)
    # Three items around 0°, two around 90°, one at 180°.
    assert interests(vectors, ones(6), 3).tolist() == [1, 0, 1, 0, 2, 0]


def test_weight_counts_not_number() -> None:
    vectors = directions(0, 1, 2, 90)
    assert interests(vectors, ones(4), 2).tolist() == [0, 0, 0, 1]
    # A liked item of weight 4 outweighs three of weight 1.
    assert interests(vectors, np.array([1, 1, 1, 4], dtype=np.float32), 2).tolist() == [1, 1, 1, 0]


def test_there_are_no_more_interests_than_different_vectors() -> None:
    assert interests(directions(10, 10, 10), ones(3), 3).tolist() == [0, 0, 0]
    assert sorted(set(interests(directions(10, 10, 200), ones(3), 3).tolist())) == [0, 1]


@pytest.mark.parametrize("at_most", [0, 1])
def test_one_interest_is_the_whole_history(at_most: int) -> None:
    assert interests(directions(0, 90, 180), ones(3), at_most).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("items", "expected"), [(0, []), (1, [0])])
def test_short_histories(items: int, expected: list[int]) -> None:
    assert interests(directions(*range(items)), ones(items), 4).tolist() == expected


def test_planted_groups_are_found_whatever_the_order() -> None:
    rng = np.random.default_rng(3)
    centres = np.eye(16, dtype=np.float32)[:4]
    group = rng.permutation(np.repeat(np.arange(4), [40, 30, 20, 10]))
    vectors = centres[group] + 0.1 * rng.standard_normal((100, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_array_equal(interests(vectors, ones(100), 4), group)
