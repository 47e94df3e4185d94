"""Losses, by hand."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
import torch

from ml.models import losses
from ml.models.collaborative import reconstruction
from ml.models.examples import Examples


def example(history: list[int], target: int, weight: float = 1) -> Examples:
    """One example, its history padded in front with item 0 of weight 0."""
    return Examples(
        torch.tensor([[0, *history]]),
        torch.tensor([[0.0] + [1.0] * len(history)]),
        torch.tensor([target]),
        torch.tensor([weight]),
    )


def joined(*parts: Examples) -> Examples:
    names = ("items", "weights", "targets", "target_weights")
    return Examples(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


HOT = torch.tensor([True, True, True])


def test_what_was_heard_and_what_is_cold_is_no_competitor() -> None:
    # Padding is not heard: item 0 stays. Item 4 is cold.
    hot = torch.tensor([True, True, True, True, False])
    assert losses.left_out(example([2, 3], 1), hot).tolist() == [[False, False, True, True, True]]
    # A target that was heard before stays, too.
    assert losses.left_out(example([2, 1], 1), hot).tolist() == [[False, False, True, False, True]]
    assert hot.tolist() == [True, True, True, True, False]


def test_softmax() -> None:
    scores = torch.tensor([[0.5, 1.0, 0.9, 0.0]])
    # Of the items 0, 1 and 3, item 2 having been heard, at temperature ½.
    expected = -log(exp(2) / (exp(1) + exp(2) + exp(0)))
    assert losses.softmax(scores, example([2], 1), torch.ones(4, dtype=torch.bool), 0.5).item() == pytest.approx(
        expected, abs=1e-6
    )


def test_a_target_counts_as_much_as_it_weighs() -> None:
    scores = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    examples = joined(example([2], 0, weight=3), example([2], 0, weight=1))
    right, wrong = log(1 + exp(-1)), log(1 + exp(1))
    assert losses.softmax(scores, examples, HOT, 1).item() == pytest.approx((3 * right + wrong) / 4, abs=1e-6)


def test_sampled_softmax_over_negatives_that_are_neither_target_nor_heard() -> None:
    scores = torch.tensor([[0.3, 1.0, 0.9]])
    # Whatever is drawn, item 0 alone is a competitor; it is drawn k times.
    drawn = torch.randint(3, (20,), generator=torch.Generator().manual_seed(4))
    k = int((drawn == 0).sum())
    found = losses.sampled_softmax(scores, example([2], 1), HOT, 1, 20, torch.Generator().manual_seed(4))
    assert found.item() == pytest.approx(-log(exp(1) / (exp(1) + k * exp(0.3))), abs=1e-5)


def test_margin() -> None:
    scores = torch.tensor([[0.9, 1.0, 0.9]])
    drawn = torch.randint(3, (20,), generator=torch.Generator().manual_seed(4))
    k = int((drawn == 0).sum())
    # Item 0 comes within .3 − (1 − .9) = .2 of the margin, k times of 20.
    found = losses.margin(scores, example([2], 1), HOT, 0.3, 20, torch.Generator().manual_seed(4))
    assert found.item() == pytest.approx(0.2 * k / 20, abs=1e-6)


def test_info_nce_of_pairs_that_fit_and_of_pairs_that_are_exchanged() -> None:
    pair = torch.eye(2)
    assert losses.info_nce(pair, pair, 0.5).item() == pytest.approx(log(1 + exp(-2)), abs=1e-6)
    assert losses.info_nce(pair, pair.flip(0), 0.5).item() == pytest.approx(log(1 + exp(2)), abs=1e-6)


def test_a_linear_autoencoder_predicts_others_from_others() -> None:
    heard = torch.tensor([[1.0, 1.0, 0.0]])
    # Items 0 and 1 are the same, item 2 is orthogonal: x·A·Aᵀ − x = (2, 2, 0) − (1, 1, 0), which is x.
    same = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert reconstruction(same, heard).item() == pytest.approx(0, abs=1e-6)
    # Items 1 and 2 are the same: x·A·Aᵀ − x = (1, 1, 1) − (1, 1, 0) = (0, 0, 1), at right angles to x.
    other = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert reconstruction(other, heard).item() == pytest.approx(2, abs=1e-6)


def test_losses_have_gradients_where_a_history_is_empty() -> None:
    scores = torch.tensor([[0.5, 1.0]], requires_grad=True)
    losses.softmax(scores, example([], 1), HOT[:2], 1).backward()
    assert scores.grad is not None
    share = 1 / (1 + exp(-0.5))  # of the target
    np.testing.assert_allclose(scores.grad.numpy(), [[1 - share, share - 1]], atol=1e-6)
