"""HR@k and NDCG@k on lists that can be told by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, nan

import numpy as np
import pytest

from ml.training.data import Cases, History
from ml.training.metrics import Quality, Ranks, bootstrap, evaluate, paired, rank, standard_error


def cases(*found: tuple[list[int], int]) -> Cases:
    histories = [History.of(items) for items, _ in found]
    return Cases(np.arange(len(found)), histories, np.array([target for _, target in found], dtype=np.int64))


def ranks(better: int, tied: int) -> Ranks:
    return Ranks(np.array([better]), np.array([tied]))


def test_a_target_counts_by_its_place() -> None:
    for better, gain in ((0, 1 / log2(2)), (1, 1 / log2(3)), (9, 1 / log2(11))):
        quality = Quality.at(10, ranks(better, 1))
        assert quality.hits.tolist() == [1]
        assert quality.gains.tolist() == [pytest.approx(gain)]
    quality = Quality.at(10, ranks(10, 1))
    assert (quality.hits.tolist(), quality.gains.tolist()) == ([0], [0])


def test_a_tie_counts_the_mean_of_its_orders() -> None:
    # Two items are better; the target shares places 3, 4 and 5 with two others, and k is 4.
    quality = Quality.at(4, ranks(2, 3))
    assert quality.hits.tolist() == [pytest.approx(2 / 3)]
    assert quality.gains.tolist() == [pytest.approx((1 / log2(4) + 1 / log2(5) + 0) / 3)]


def test_scores_that_all_tie_hit_as_chance_does() -> None:
    everything = np.zeros((1, 50), dtype=np.float32)
    quality = Quality.at(10, rank(everything, cases(([], 7))))
    assert quality.hits.tolist() == [pytest.approx(10 / 50)]


def test_the_own_history_is_left_out_of_better_and_of_tied() -> None:
    scores = np.array([[9, 8, 5, 5, 5, 1]], dtype=np.float32)
    assert rank(scores, cases(([0, 3], 2))) == ([1], [2])  # 1 is better; 4 ties, and the target itself
    assert rank(scores, cases(([], 2))) == ([2], [3])
    assert rank(scores, cases(([2], 2))) == ([2], [3])  # a target that was heard is ranked all the same


def test_what_is_not_a_number_comes_last() -> None:
    scores = np.array([[nan, 0, nan, -1]], dtype=np.float32)
    assert rank(scores, cases(([], 3))) == ([1], [1])
    assert rank(scores, cases(([], 0))) == ([2], [2])


def test_cases_are_scored_a_batch_at_a_time_and_kept_in_order() -> None:
    asked = []

    def score(histories: Sequence[History]) -> np.ndarray:
        asked.append(len(histories))
        return np.stack([-np.abs(np.arange(1100) - history.items[0]) for history in histories]).astype(np.float32)

    # Item n+1 is nearest to n, together with n-1; item 0 has no such rival.
    found = evaluate(score, cases(*[([place], place + 1) for place in range(1050)]))
    assert asked == [512, 512, 26]
    assert found.better.tolist() == [0] * 1050
    assert found.tied.tolist() == [1] + [2] * 1049


def test_no_case_has_no_rank() -> None:
    found = evaluate(lambda _: np.empty((0, 3), dtype=np.float32), cases())
    assert len(found.better) == len(found.tied) == 0


def test_the_standard_error_of_a_mean() -> None:
    # The variance of (0, 0, 1, 1) is 4 · ¼ / 3.
    assert standard_error(np.array([0.0, 0, 1, 1])) == pytest.approx((1 / 3 / 4) ** 0.5)
    assert np.isnan(standard_error(np.array([1.0])))


def test_a_bootstrap_draws_users_and_repeats_itself() -> None:
    values = np.array([0.0, 1.0] * 200)
    alone = bootstrap(values, np.arange(400))
    # 1.96 · √(¼ / 400) = .049
    assert alone.estimate == 0.5
    assert alone.low == pytest.approx(0.451, abs=0.006)
    assert alone.high == pytest.approx(0.549, abs=0.006)
    assert bootstrap(values, np.arange(400)) == alone
    # Cases that agree within ten users tell as little as ten cases would: 1.96 · √(¼ / 10) = .31
    clustered = bootstrap(np.repeat([0.0, 1.0], 200), np.arange(400) // 40)
    assert clustered.high - clustered.low == pytest.approx(0.62, abs=0.1)


def test_a_difference_is_paired() -> None:
    users = np.arange(300)
    luck = np.random.default_rng(1).random(300)
    difference = paired(luck + 0.01, luck, users)
    assert difference == pytest.approx((0.01, 0.01, 0.01))
    assert paired(luck, luck[::-1], users).low < 0 < paired(luck, luck[::-1], users).high
