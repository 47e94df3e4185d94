"""Which blocks of equal scores relevant items stand in, on scores that can be told by hand."""

from __future__ import annotations

from math import nan

import numpy as np

from ml.evaluation.metrics.ranks import Ranks, concatenate, rank_relevant, rank_targets
from ml.training.data import Cases, History


def cases(*found: tuple[list[int], int]) -> Cases:
    histories = [History.of(items) for items, _ in found]
    return Cases(np.arange(len(found)), histories, np.array([target for _, target in found], dtype=np.int64))


def blocks(ranks: Ranks) -> list[list[tuple[int, int, int]]]:
    """Of each case: (better, tied, relevant) of every block that holds something relevant."""
    rows = zip(*(part.tolist() for part in ranks[:3]), strict=True)
    return [[block for block in zip(*row, strict=True) if block[2]] for row in rows]


def test_relevant_items_are_counted_in_blocks_of_equal_score() -> None:
    scores = np.array([[5, 3, 3, 3, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]], np.float32)
    relevant = np.array([[0, 1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 0, 1]], bool)
    ranks = rank_relevant(scores, relevant)
    # One is better than the three 3s, of which two are relevant; four are better than the two 1s.
    assert blocks(ranks) == [[(1, 3, 2), (4, 2, 1)], [(0, 7, 1)]]
    assert ranks.total.tolist() == [3, 1]


def test_only_candidates_stand_anywhere() -> None:
    scores = np.array([[5, 3, 3, 3, 1, 1, 0]], np.float32)
    relevant = np.array([[1, 1, 0, 1, 0, 1, 0]], bool)
    candidates = np.array([[0, 1, 1, 0, 1, 1, 1]], bool)
    # Without the 5 and one of the 3s, both of them relevant: 3 3 | 1 1 | 0.
    ranks = rank_relevant(scores, relevant, candidates)
    assert blocks(ranks) == [[(0, 2, 1), (2, 2, 1)]]
    assert ranks.total.tolist() == [2]
    nothing = rank_relevant(scores, relevant, np.zeros_like(candidates))
    assert (blocks(nothing), nothing.total.tolist()) == ([[]], [0])


def test_what_is_not_a_number_comes_last_but_before_what_is_no_candidate() -> None:
    scores = np.array([[nan, 0, nan, -1, -np.inf]], np.float32)
    relevant = np.array([[1, 0, 0, 0, 0]], bool)
    # Two numbers are better; two that are none and the infinitely bad one are equal.
    assert blocks(rank_relevant(scores, relevant)) == [[(2, 3, 1)]]
    assert blocks(rank_relevant(scores, relevant, np.array([[1, 1, 0, 1, 0]], bool))) == [[(2, 1, 1)]]


def test_a_target_is_ranked_without_its_own_history() -> None:
    scores = np.array([[9, 8, 5, 5, 5, 1]], dtype=np.float32)
    assert blocks(rank_targets(scores, cases(([0, 3], 2)))) == [[(1, 2, 1)]]  # 1 is better; 4 ties, and the target
    assert blocks(rank_targets(scores, cases(([], 2)))) == [[(2, 3, 1)]]
    assert blocks(rank_targets(scores, cases(([2], 2)))) == [[(2, 3, 1)]]  # heard before, it is ranked all the same


def test_repeats_rank_the_history_too() -> None:
    scores = np.array([[9, 8, 5, 5, 5, 1]], dtype=np.float32)
    assert blocks(rank_targets(scores, cases(([0, 3], 2)), repeats=True)) == [[(2, 3, 1)]]


def test_targets_are_ranked_among_some_of_the_items() -> None:
    scores = np.array([[9, 8, 5, 5, 5, 1]], dtype=np.float32)
    among = np.array([1, 0, 1, 0, 1, 1], bool)
    assert blocks(rank_targets(scores, cases(([], 2)), among=among)) == [[(1, 2, 1)]]  # 0 is better; 4 ties
    assert blocks(rank_targets(scores, cases(([], 3)), among=among)) == [[(1, 3, 1)]]  # a target always counts itself


def test_targets_that_are_no_number_come_last() -> None:
    scores = np.array([[nan, 0, nan, -1]], dtype=np.float32)
    assert blocks(rank_targets(scores, cases(([], 3)))) == [[(1, 1, 1)]]
    assert blocks(rank_targets(scores, cases(([], 0)))) == [[(2, 2, 1)]]


def test_one_target_is_one_relevant_item() -> None:
    random = np.random.default_rng(3)
    scores = random.integers(5, size=(40, 30)).astype(np.float32)
    targets = random.integers(30, size=40)
    relevant = np.arange(30) == targets[:, None]
    one = rank_targets(scores, Cases(np.arange(40), [History.of([])] * 40, targets))
    assert blocks(one) == blocks(rank_relevant(scores, relevant))


def test_ranks_of_different_width_are_put_together() -> None:
    wide = rank_relevant(np.array([[2.0, 1.0]]), np.ones((1, 2), bool))
    narrow = rank_relevant(np.array([[2.0, 1.0]]), np.array([[False, True]]))
    assert blocks(concatenate([narrow, wide])) == [[(1, 1, 1)], [(0, 1, 1), (1, 1, 1)]]
    assert concatenate([]).total.tolist() == []
