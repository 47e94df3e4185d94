"""Parts of archives."""

from __future__ import annotations

import numpy as np

from ml.evaluation.subsets import SHARES, folds, nested


def test_each_part_is_within_the_next() -> None:
    parts = nested(570, SHARES, np.random.default_rng(0))
    # .25 · 570 = 142.5, rounded to even.
    assert {share: len(rows) for share, rows in parts.items()} == {0.1: 57, 0.25: 142, 0.5: 285, 1.0: 570}
    assert set(parts[0.1]) < set(parts[0.25]) < set(parts[0.5]) < set(parts[1.0]) == set(range(570))
    again = nested(570, SHARES, np.random.default_rng(0))
    assert all((again[share] == rows).all() for share, rows in parts.items())
    assert list(nested(3, (1.0, 0.1), np.random.default_rng(0))) == [0.1, 1.0]
    assert len(nested(3, (0.1,), np.random.default_rng(0))[0.1]) == 1


def test_every_row_is_tested_once() -> None:
    found = folds(23, 5, np.random.default_rng(0))
    assert sorted(len(test) for _, test in found) == [4, 4, 5, 5, 5]
    assert sorted(row for _, test in found for row in test) == list(range(23))
    assert all(sorted([*train, *test]) == list(range(23)) for train, test in found)


def test_a_group_is_never_torn() -> None:
    groups = np.array([0] * 7 + [1] * 3 + [2] * 3 + [3] * 1)
    found = folds(14, 3, np.random.default_rng(1), groups)
    # The largest alone; of the others 3 and 3, and the one with either.
    assert sorted(len(test) for _, test in found) == [3, 4, 7]
    assert all(not set(groups[train]) & set(groups[test]) for train, test in found)
    assert len(folds(14, 9, np.random.default_rng(1), groups)) == 4
