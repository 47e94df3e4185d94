"""A small archive with a planted structure: four kinds of music, and listeners who each hear one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.training.data import Cases, Catalogue, History, TrainingData

KINDS = 4
ITEMS = 120  # 30 of each kind
COLD = 8  # two of each kind, which nobody heard
USERS = 80
HEARD = 12
CONTENT = 24

KIND: NDArray[np.int64] = np.arange(ITEMS) % KINDS
COLD_ITEMS: NDArray[np.int64] = np.arange(COLD)
# Ids are an archive's: not rows, and in no order.
IDS: NDArray[np.int64] = (7 * np.arange(ITEMS)[::-1] + 1000).astype(np.int64)
USER_KIND: NDArray[np.int64] = np.arange(USERS) % KINDS


def planted(*, content: bool = True) -> tuple[TrainingData, Cases]:
    """What models learn from, and test cases: every user's next item, of the user's own kind and new to the user."""
    random = np.random.default_rng(5)
    centres = random.standard_normal((KINDS, CONTENT))
    # All recordings share a direction, as embeddings of music do.
    vectors = centres[KIND] + 0.7 * random.standard_normal((ITEMS, CONTENT)) + 4 * np.eye(CONTENT)[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    hot = np.arange(COLD, ITEMS)
    orders = [random.permutation(hot[KIND[hot] == kind])[: HEARD + 2] for kind in USER_KIND]
    catalogue = Catalogue(IDS, vectors.astype(np.float32) if content else None)
    validation = _cases([(order[:HEARD], order[HEARD]) for order in orders])
    test = _cases([(order[: HEARD + 1], order[HEARD + 1]) for order in orders])
    return TrainingData(catalogue, [History.of(order[:HEARD]) for order in orders], validation), test


def _cases(pairs: list[tuple[NDArray[np.int64], np.int64]]) -> Cases:
    targets = np.array([target for _, target in pairs], dtype=np.int64)
    return Cases(np.arange(len(pairs)), [History.of(items) for items, _ in pairs], targets)
