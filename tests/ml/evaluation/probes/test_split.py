"""Which tracks are learned from, and which are asked."""

from __future__ import annotations

import numpy as np

from ml.evaluation.probes.split import grouped_halves, in_turns


def test_no_piece_is_in_both_halves() -> None:
    random = np.random.default_rng(0)
    groups = random.integers(60, size=200)
    for _ in range(50):
        halves = grouped_halves(groups, random)
        assert not set(groups[halves.train]) & set(groups[halves.test])
        assert sorted([*halves.train, *halves.test]) == list(range(200))
        # Drawn until they make 30 % of 200; the last piece may go over.
        assert 60 <= len(halves.test) < 60 + np.bincount(groups).max()


def test_the_same_seed_draws_the_same_halves() -> None:
    groups = np.arange(40) // 2
    one, other = (grouped_halves(groups, np.random.default_rng(3)) for _ in range(2))
    assert (one.test.tolist(), one.train.tolist()) == (other.test.tolist(), other.train.tolist())


def test_classes_take_turns() -> None:
    labels = np.array([0.0] * 10 + [1.0] * 3 + [2.0] * 2)
    order = in_turns(labels, np.random.default_rng(1))
    assert sorted(order) == list(range(15))
    assert [sorted(labels[order[start : start + 3]]) for start in (0, 3)] == [[0, 1, 2], [0, 1, 2]]
    assert sorted(labels[order[6:8]]) == [0, 1]
    assert labels[order[8:]].tolist() == [0] * 7
    # Within a class any may come first.
    firsts = {int(in_turns(labels, np.random.default_rng(seed))[:3].min()) for seed in range(60)}
    assert firsts == set(range(10))
