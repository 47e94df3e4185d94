"""Training examples: what was heard before, and what next."""

from __future__ import annotations

import numpy as np
import torch

from ml.models.examples import Users, next_items
from ml.models.windows import windows
from ml.training.data import History


def weighed(items: list[int], weights: list[float]) -> History:
    return History(np.array(items), np.array(weights, dtype=np.float32))


def test_every_item_but_the_first_is_asked_for_after_those_before_it() -> None:
    examples = next_items([weighed([5, 6, 7, 8], [1, 2, 1, 3]), History.of([9])], length=2)
    assert examples.items.tolist() == [[0, 5], [5, 6], [6, 7]]
    assert examples.weights.tolist() == [[0, 1], [1, 2], [2, 1]]
    assert examples.targets.tolist() == [6, 7, 8]
    assert examples.target_weights.tolist() == [2, 1, 3]


def test_what_is_heard_again_is_asked_for_only_on_demand() -> None:
    history = [History.of([5, 6, 5, 7, 6])]
    assert next_items(history, length=4).targets.tolist() == [6, 7]
    assert next_items(history, length=4, again=True).targets.tolist() == [6, 5, 7, 6]


def test_batches_hold_every_example_once_in_the_order_of_the_generator() -> None:
    examples = next_items([History.of(range(11))], length=3)
    batches = list(examples.batches(4, torch.Generator().manual_seed(1)))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    drawn = [target for batch in batches for target in batch.targets.tolist()]
    assert sorted(drawn) == list(range(1, 11))
    assert drawn != sorted(drawn)
    for batch in batches:
        # The item before 1, 2, …, 10 is 0, 1, …, 9.
        assert (batch.items[:, -1] == batch.targets - 1).all()
    again = list(examples.batches(4, torch.Generator().manual_seed(1)))
    assert [target for batch in again for target in batch.targets.tolist()] == drawn


def test_windows_ask_for_every_item_but_the_first_once() -> None:
    cut = windows([History.of([1, 2, 3, 4, 5, 6])], length=3)
    # From the end: 4, 5, 6 are asked for after 3; then 2, 3 after 1.
    assert cut.items.tolist() == [[3, 4, 5, 6], [0, 1, 2, 3]]
    assert cut.weights.tolist() == [[1, 1, 1, 1], [0, 1, 1, 1]]
    assert cut.asked.tolist() == [[True, True, True], [False, True, True]]
    assert sorted(cut.items[:, 1:][cut.asked].tolist()) == [2, 3, 4, 5, 6]


def test_windows_of_long_histories_miss_nothing() -> None:
    for length in (1, 2, 7, 50):
        cut = windows([History.of(range(100)), History.of(range(100, 107))], length)
        assert sorted(cut.items[:, 1:][cut.asked].tolist()) == [*range(1, 100), *range(101, 107)]


def test_windows_know_what_was_heard_before_each_place() -> None:
    cut = windows([History.of([2, 0, 2, 3])], length=3)
    # The second 2 is heard again, and not asked for.
    assert cut.asked.tolist() == [[True, False, True]]
    heard = cut.heard(5)
    # 0 after [2]; 3 after [2, 0, 2].
    assert heard.tolist() == [[False, False, True, False, False], [True, False, True, False, False]]


def test_users_are_rows_of_what_they_heard() -> None:
    users = Users.among([weighed([1, 3, 1], [1, 2, 1]), History.of([2, 2]), History.of([0, 4])], 5)
    assert len(users) == 2  # who heard one item alone says nothing of others
    (heard,) = users.batches(9, torch.Generator().manual_seed(0))
    assert sorted(heard.tolist()) == [[0, 2, 0, 2, 0], [1, 0, 0, 0, 1]]
