"""First vectors: what is heard together is near each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.models import cooccurrence
from ml.training.data import History


def vectors(*histories: list[int], items: int, window: int = 50) -> np.ndarray:
    random = torch.Generator().manual_seed(1)
    found = cooccurrence.vectors([History.of(history) for history in histories], items, 4, window, random)
    return found.numpy()


def test_items_of_the_same_histories_have_the_same_direction_and_others_none_in_common() -> None:
    found = vectors(*[[0, 1, 2], [2, 0, 1], [1, 2, 0], [3, 4, 5], [5, 3, 4], [4, 5, 3]] * 20, items=7)
    cosines = found @ found.T
    np.testing.assert_allclose(np.linalg.norm(found[:6], axis=1), 1, atol=1e-6)
    assert cosines[:3, :3].min() >= 0.5
    assert cosines[3:6, 3:6].min() >= 0.5
    assert np.abs(cosines[:3, 3:6]).max() <= 1e-3
    np.testing.assert_array_equal(found[6], 0)  # nobody heard it


def test_what_is_further_apart_than_the_window_does_not_belong_together() -> None:
    histories = [[0, 1, 2, 3], [4, 5, 6, 7]] * 20
    near, wide = (vectors(*histories, items=8, window=window) for window in (1, 3))
    assert near[0] @ near[3] < wide[0] @ wide[3]


def test_a_log_in_which_nothing_is_heard_together() -> None:
    np.testing.assert_array_equal(vectors([0], [1], items=3), 0)
    np.testing.assert_array_equal(vectors(items=3), 0)


def test_information_is_the_logarithm_of_how_much_more_often_than_by_chance() -> None:
    together = cooccurrence._together([History.of([0, 1, 2])], 3, 50)
    # Neighbours count 1, those two places apart 1/√2.
    expected = np.array([[0, 1, 0.5**0.5], [1, 0, 1], [0.5**0.5, 1, 0]])
    np.testing.assert_allclose(together.toarray(), expected)
    often = cooccurrence._together([History.of([0, 1])] * 50 + [History.of([2, 3])] * 50, 4, 50)
    information = cooccurrence._information(often).toarray()
    # n(0, 1) = 50, n(0) = n(1) = 50, to which 5 are added, n = 200.
    assert information[0, 1] == pytest.approx(np.log(50 * 200 / 55**2))
    assert information[0, 2] == 0
