"""What is held out, and what is left to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.training.data import Cases, Catalogue, Log, TrainingData
from ml.training.logs import read_log
from ml.training.splits import by_time, cold, leave_one_out


def log(*rows: tuple[int, int, float]) -> Log:
    users, items, times = zip(*rows, strict=True)
    return Log.of(np.array(users), np.array(items), np.array(times, dtype=np.float64))


def seen(cases: Cases) -> list[tuple[int, list[int], int]]:
    return [
        (int(user), history.items.tolist(), int(target))
        for user, history, target in zip(cases.users, cases.histories, cases.targets, strict=True)
    ]


LOG = log((2, 30, 5), (1, 12, 3), (1, 10, 1), (1, 11, 2), (1, 13, 4), (2, 31, 6), (3, 10, 9), (3, 11, 8), (3, 12, 10))


def test_a_log_is_sorted_by_user_and_time() -> None:
    assert LOG.users.tolist() == [1, 1, 1, 1, 2, 2, 3, 3, 3]
    assert LOG.items.tolist() == [10, 11, 12, 13, 30, 31, 11, 10, 12]
    assert {user: history.items.tolist() for user, history in LOG.histories().items()} == {
        1: [10, 11, 12, 13],
        2: [30, 31],
        3: [11, 10, 12],
    }


def test_at_the_same_moment_the_order_of_writing_stays() -> None:
    assert log((1, 5, 0), (1, 4, 0), (1, 6, 0)).items.tolist() == [5, 4, 6]


def test_the_same_interactions_have_the_same_hash() -> None:
    assert log((1, 5, 0), (2, 4, 0)).sha256() == log((2, 4, 0), (1, 5, 0)).sha256()
    assert log((1, 5, 0), (2, 4, 0)).sha256() != log((1, 5, 0), (2, 4, 1)).sha256()


def test_the_last_item_is_for_the_test_and_the_one_before_it_for_validation() -> None:
    split = leave_one_out(LOG)
    assert seen(split.validation) == [(1, [10, 11], 12), (3, [11], 10)]
    assert seen(split.test) == [(1, [10, 11, 12], 13), (3, [11, 10], 12)]
    # User 2 has too little to hold out.
    assert split.train.items.tolist() == [10, 11, 30, 31, 11]


def test_by_time_nothing_that_happened_later_is_learned_from() -> None:
    split = by_time(LOG, validation_from=4, test_from=10)
    assert split.train.items.tolist() == [10, 11, 12]
    # User 2 had no history before 5 and one at 6; user 3 none before 8 and one at 9.
    assert seen(split.validation) == [(1, [10, 11, 12], 13), (2, [30], 31), (3, [11], 10)]
    assert seen(split.test) == [(3, [11, 10], 12)]


def test_by_time_only_what_is_new_to_a_user_is_predicted() -> None:
    heard = log((1, 5, 0), (1, 6, 1), (1, 5, 2), (1, 7, 3), (1, 8, 4), (1, 9, 5))
    assert seen(by_time(heard, 2, 5).validation) == [(1, [5, 6, 5], 7)]
    assert seen(by_time(heard, 2, 5, per_user=9).validation) == [(1, [5, 6, 5], 7), (1, [5, 6, 5, 7], 8)]


def test_cold_items_were_never_heard() -> None:
    assert cold(LOG, np.array([10, 11])).items.tolist() == [12, 13, 30, 31, 12]


def test_hot_items_are_those_that_someone_heard() -> None:
    histories = list(leave_one_out(log((1, 0, 1), (1, 0, 2), (1, 2, 3), (1, 3, 4))).train.histories().values())
    data = TrainingData(Catalogue(np.arange(4)), histories)
    assert data.counts.tolist() == [2, 0, 0, 0]
    assert data.hot.tolist() == [True, False, False, False]
    assert TrainingData(Catalogue(np.arange(2)), []).hot.tolist() == [False, False]


def test_a_log_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("7 100 5 100\n3 5\n")
    catalogue, found = read_log(path)
    assert catalogue.ids.tolist() == [5, 100]
    assert found.users.tolist() == [3, 7, 7, 7]
    assert found.items.tolist() == [0, 1, 0, 1]
    assert found.times.tolist() == [3, 0, 1, 2]
    path.write_text("7 100\n3 five\n")
    with pytest.raises(ValueError, match="line 2"):
        read_log(path)
