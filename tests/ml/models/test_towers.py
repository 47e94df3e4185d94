"""The parts that models are made of: projections, towers, pooled histories."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from domain.interests import interests
from ml.models.content_projection import ContentProjection
from ml.models.hybrid_attention import SessionEncoder
from ml.models.items import Items
from ml.models.onnx_export import Unserved, export_encoder
from ml.models.pooling import DECAY, WeightedMean
from ml.models.shallow import _shares
from tests.ml.models.planted import COLD, IDS, ITEMS, KIND, planted


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_an_untrained_projection_knows_what_sounds_alike() -> None:
    content = planted()[0].catalogue.content
    assert content is not None
    with torch.no_grad():
        projected = ContentProjection(content, 8, generator(), hidden=16)(torch.from_numpy(content)).numpy()
    np.testing.assert_allclose(projected.mean(axis=0), 0, atol=1e-5)
    assert np.square(projected).sum(axis=1).mean() == pytest.approx(1, abs=1e-4)
    unit = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    cosines = unit @ unit.T - 2 * np.eye(ITEMS)
    # Its nearest is of the same kind; by chance in 29 of 119 cases.
    assert (KIND[cosines.argmax(axis=1)] == KIND).mean() >= 0.9


def test_a_projection_of_few_items_leaves_what_they_do_not_vary_in_empty() -> None:
    content = np.eye(5, 9, dtype=np.float32)
    projected = ContentProjection(content, 6, generator())(torch.from_numpy(content))
    assert projected.abs().sum(dim=0)[4:].tolist() == [0, 0]  # five points vary in four directions


def test_cold_items_have_no_learned_part() -> None:
    items = Items(planted()[0], 8, generator(), learned=True)
    known = items.known().detach().numpy()
    np.testing.assert_array_equal(known[:COLD], 0)
    assert (np.abs(known[COLD:]).sum(axis=1) > 0).all()
    # As if all were cold, all have their content alone; as if none were, nothing changes.
    with torch.no_grad():
        content = items.as_if_cold(1.0, generator()).numpy()
        np.testing.assert_array_equal(items.as_if_cold(0.0, generator()).numpy(), items().numpy())
        np.testing.assert_array_equal(content[:COLD], items()[:COLD].numpy())
    assert (np.abs(content - items().detach().numpy()).sum(axis=1) > 0).sum() == len(IDS) - COLD


def test_newer_items_count_more() -> None:
    items = torch.eye(3)[None]
    weights = torch.tensor([[1.0, 2.0, 1.0]])
    expected = np.array([np.exp(-2 * DECAY), 2 * np.exp(-DECAY), 1])
    with torch.no_grad():
        aged = WeightedMean(aging=True)(items, weights).numpy()
        plain = WeightedMean(aging=False)(items, weights).numpy()
    np.testing.assert_allclose(aged, [expected / np.linalg.norm(expected)], atol=1e-6)
    np.testing.assert_allclose(plain, [np.array([1, 2, 1]) / 6**0.5], atol=1e-6)


def test_interests_are_the_same_for_many_histories_at_once_as_for_each() -> None:
    random = np.random.default_rng(2)
    centres = np.eye(12, dtype=np.float32)[:3]
    vectors = centres[random.integers(3, size=(20, 15))] + 0.1 * random.standard_normal((20, 15, 12)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    weights = random.integers(0, 3, size=(20, 15)).astype(np.float32)
    shares = _shares(torch.from_numpy(vectors), torch.from_numpy(weights), 3).numpy()
    for row in range(20):
        counted = np.flatnonzero(weights[row] > 0)
        labels = interests(vectors[row, counted], weights[row, counted], 3)
        apart = {tuple(np.where(labels == label, weights[row, counted], 0)) for label in range(labels.max() + 1)}
        assert {tuple(share[counted]) for share in shares[row] if share.any()} == apart


def test_a_session_does_not_see_what_comes_later_nor_what_does_not_count() -> None:
    torch.manual_seed(0)
    encoder = SessionEncoder(8, blocks=2, heads=2, dropout=0.0).eval()
    for linear in (encoder.state, encoder.gate):
        nn.init.normal_(linear.weight)
    items = nn.functional.normalize(torch.randn(1, 6, 8), dim=-1)
    weights = torch.tensor([[1.0, 1, 0, 1, 1, 1]])
    with torch.no_grad():
        before = encoder.everywhere(items, weights)
        changed = items.clone()
        changed[:, 4] = -changed[:, 4]
        np.testing.assert_array_equal(encoder.everywhere(changed, weights)[:, :4], before[:, :4])
        assert (encoder.everywhere(changed, weights)[:, 5] - before[:, 5]).abs().max() > 0.01
        changed = items.clone()
        changed[:, 2] = -changed[:, 2]
        np.testing.assert_allclose(encoder.everywhere(changed, weights)[:, 3:], before[:, 3:], atol=1e-6)
        # Padding in front, as in training, changes nothing.
        padded = torch.cat([torch.zeros(1, 4, 8), items], dim=1)
        longer = torch.cat([torch.zeros(1, 4), weights], dim=1)
        np.testing.assert_allclose(encoder.everywhere(padded, longer)[:, 4:], before, atol=1e-5)


class KnowsItsLength(nn.Module):
    """Writes the length of the example into the graph as a number."""

    def forward(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return items[:, int(items.shape[1]) - 1] * weights[:, :1]


def test_a_model_that_only_fits_its_example_is_not_exported() -> None:
    with pytest.raises(Unserved):
        export_encoder(KnowsItsLength(), 4)
