"""How a log is split: by time, by tracks that nobody may have heard, and what is asked of it."""

from __future__ import annotations

import numpy as np

from jobs.evaluation.listening import some_tracks, split
from ml.training.data import Cases, Log

IDS = np.arange(100, 106)


def log() -> Log:
    """Ten listenings at 0 to 9, of two users in turn: user 0 hears 0, 2, 4, 0, 2 and user 1 hears 1, 3, 5, 1, 4."""
    items = np.array([0, 1, 2, 3, 4, 5, 0, 1, 2, 4])
    return Log.of(np.arange(10) % 2, items, np.arange(10.0))


def asked(cases: Cases) -> list[tuple[int, list[int], int]]:
    return [
        (int(user), history.items.tolist(), int(target))
        for user, history, target in zip(cases.users, cases.histories, cases.targets, strict=True)
    ]


def test_time_parts_training_from_test() -> None:
    found = split(log(), IDS, 0, np.array([], np.int64))
    # The 80 % quantile of 0 … 9 is 7.2, the 90 % quantile 8.1.
    assert found.moments == (7.2, 8.1)
    assert found.train.times.tolist() == [0, 2, 4, 6, 1, 3, 5, 7]  # by user
    # At 8 user 0 hears 2 again, which is no case; at 9 user 1 hears 4, which user 0 was heard to play.
    assert asked(found.validation) == []
    assert asked(found.hot) == [(1, [1, 3, 5, 1], 4)]
    assert asked(found.cold) == []
    assert asked(found.again) == [(1, [1, 3, 5, 1], 4)]
    # The last of training that was new: user 0's 4, user 1's 5.
    assert asked(found.seen) == [(0, [0, 2], 4), (1, [1, 3], 5)]


def test_tracks_held_out_are_in_no_history() -> None:
    found = split(log(), IDS, 0, np.array([3, 4]))
    assert sorted(set(found.train.items.tolist())) == [0, 1, 2, 5]
    # 4 is a cold target now, and 3, as if nobody had heard it, is gone from the history.
    assert asked(found.hot) == []
    assert asked(found.cold) == [(1, [1, 5, 1], 4)]


def test_fewer_users_leave_the_questions_alone() -> None:
    found = split(log(), IDS, 0, np.array([], np.int64))
    fewer = found.of_users(np.array([0]))
    assert set(fewer.train.users.tolist()) == {0}
    assert asked(fewer.hot) == asked(found.hot)
    assert asked(fewer.seen) == [(0, [0, 2], 4)]


def test_the_seed_draws_the_cold_tracks() -> None:
    ids = np.arange(40)
    drawn = [split(log(), ids, seed).cold_items.tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(each) for each in drawn] == [4, 4, 4]  # a tenth of 40


def test_a_part_of_the_tracks_has_a_log_of_its_own() -> None:
    found = some_tracks(log(), np.array([1, 3, 4]))
    # User 0 hears 4 alone of these, user 1 hears 1, 3, 1 and 4, which are 0, 1 and 2 now.
    assert found.users.tolist() == [0, 1, 1, 1, 1]
    assert found.items.tolist() == [2, 0, 1, 0, 2]
    assert found.times.tolist() == [4, 1, 3, 7, 9]
