"""Cases are scored a batch at a time; ranks and lists come out in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.evaluation.recommendation import evaluate, measure
from ml.training.data import Cases, History


def cases(*found: tuple[list[int], int]) -> Cases:
    histories = [History.of(items) for items, _ in found]
    return Cases(np.arange(len(found)), histories, np.array([target for _, target in found], dtype=np.int64))


def near(histories: Sequence[History]) -> np.ndarray:
    """Items are the nearer, the less their numbers differ from the first that was heard."""
    return np.stack([-np.abs(np.arange(1100) - history.items[0]) for history in histories]).astype(np.float32)


def test_cases_are_scored_a_batch_at_a_time_and_kept_in_order() -> None:
    asked = []

    def score(histories: Sequence[History]) -> np.ndarray:
        asked.append(len(histories))
        return near(histories)

    # Item n+1 is nearest to n, together with n-1; item 0 has no such rival.
    found = evaluate(score, cases(*[([place], place + 1) for place in range(1050)]))
    assert asked == [512, 512, 26]
    assert found.better[:, 0].tolist() == [0] * 1050
    assert found.tied[:, 0].tolist() == [1] + [2] * 1049


def test_no_case_has_no_rank() -> None:
    found = measure(lambda _: np.empty((0, 3), dtype=np.float32), cases(), 5, np.random.default_rng(0))
    assert (len(found.ranks.better), found.lists.shape) == (0, (0, 5))


def test_lists_hold_the_candidates_that_were_ranked() -> None:
    found = measure(near, cases(([0, 2], 1)), 3, np.random.default_rng(0))
    assert found.lists.tolist() == [[1, 3, 4]]
    again = measure(near, cases(([0, 2], 1)), 3, np.random.default_rng(0), repeats=True)
    assert again.lists.tolist() == [[0, 1, 2]]
    odd = measure(near, cases(([0], 5)), 3, np.random.default_rng(0), among=np.arange(1100) % 2 == 1)
    assert odd.lists.tolist() == [[1, 3, 5]]
    assert odd.ranks.better.tolist() == [[2]]
