"""First vectors of items without content: items that are heard together are near each other before any training.

The positive pointwise mutual information of items in the same histories, factorized (Levy and Goldberg, "Neural word
embedding as implicit matrix factorization", NeurIPS 2014). Learning the same from random vectors takes a transformer
most of its time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy import sparse  # type: ignore[import-untyped]  # ships no types

from ml.training.data import History

# Counts that every item has in advance: what was heard once is not thereby certain.
SMOOTHING = 5.0
ROUNDS = 6
SPARE = 16
SHORTEST = 1e-9


def vectors(
    histories: Sequence[History], items: int, dimension: int, window: int, generator: torch.Generator
) -> torch.Tensor:
    """(items, dimension), unit length, zero for items that were heard with no other. `generator` draws where the
    iteration begins that finds the factors."""
    information = _information(_together(histories, items, window))
    basis = torch.randn(items, min(items, dimension + SPARE), generator=generator).double().numpy()
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(information @ basis)
    values, rotation = np.linalg.eigh(basis.T @ (information @ basis))
    strongest = np.argsort(-values)[:dimension]
    found = np.zeros((items, dimension))
    found[:, : len(strongest)] = (basis @ rotation[:, strongest]) * np.maximum(values[strongest], 0)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return torch.from_numpy(np.where(lengths > SHORTEST, found / np.maximum(lengths, SHORTEST), 0)).float()


def _together(histories: Sequence[History], items: int, window: int) -> sparse.csr_matrix:
    """(items, items), symmetric: how often two items stand in one history, at most `window` places
    apart, each time 1 / √distance."""
    rows, columns, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for heard, _ in histories:
        for distance in range(1, min(window, len(heard) - 1) + 1):
            rows.append(heard[:-distance])
            columns.append(heard[distance:])
            counts.append(np.full(len(heard) - distance, distance**-0.5))
    places = (np.concatenate(rows), np.concatenate(columns))
    forward = sparse.coo_matrix((np.concatenate(counts), places), shape=(items, items)).tocsr()
    return forward + forward.T


def _information(together: sparse.csr_matrix) -> sparse.csr_matrix:
    """ln(n(i, j) · n / (n(i) · n(j))), where above 0."""
    pairs = together.tocoo()
    each = np.asarray(together.sum(axis=0)).ravel()
    total = max(each.sum(), 1.0)
    smooth = each + SMOOTHING
    information = np.log(np.maximum(pairs.data, 1e-12) * total / (smooth[pairs.row] * smooth[pairs.col]))
    return sparse.coo_matrix((np.maximum(information, 0), (pairs.row, pairs.col)), shape=pairs.shape).tocsr()
