"""What is held out to be predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.training.data import Cases, History, Log

# Whose case it is, the history, and the target.
Found = tuple[int, History, np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Histories to learn from, and the cases of validation and test."""

    train: Log
    validation: Cases
    test: Cases


def leave_one_out(log: Log) -> Split:
    """The last item of every user is the test target, the one before it the validation target, the rest is for
    training (Zhou et al., "S3-Rec", CIKM 2020). At test time the history includes the validation item. Users with fewer
    than three interactions are for training alone."""
    validation: list[Found] = []
    test: list[Found] = []
    kept = np.ones(len(log), dtype=bool)
    start = 0
    for user, history in log.histories().items():
        length = len(history.items)
        if length >= 3:
            validation.append((user, History(history.items[:-2], history.weights[:-2]), history.items[-2]))
            test.append((user, History(history.items[:-1], history.weights[:-1]), history.items[-1]))
            kept[start + length - 2 : start + length] = False
        start += length
    return Split(log.where(kept), _cases(validation), _cases(test))


def by_time(log: Log, validation_from: float, test_from: float, *, per_user: int = 1) -> Split:
    """What happened before the moment `validation_from` is for training; of what happened from then on, and from
    `test_from` on (seconds since 1970), each user's first `per_user` interactions with items that are new to them are
    predicted, each from all that the user did before it. A user without a history has no case."""
    validation: list[Found] = []
    test: list[Found] = []
    start = 0
    for user, history in log.histories().items():
        times = log.times[start : start + len(history.items)]
        start += len(history.items)
        for found, since, until in ((validation, validation_from, test_from), (test, test_from, np.inf)):
            found.extend(_new(user, history, np.flatnonzero((times >= since) & (times < until)))[:per_user])
    return Split(log.where(log.times < validation_from), _cases(validation), _cases(test))


def cold(log: Log, items: NDArray[np.int64]) -> Log:
    """The log without the `items`, as if nobody had ever heard them: in training they are cold."""
    return log.where(~np.isin(log.items, items))


def _new(user: int, history: History, places: NDArray[np.int64]) -> list[Found]:
    return [
        (user, History(history.items[:place], history.weights[:place]), history.items[place])
        for place in places
        if place > 0 and history.items[place] not in history.items[:place]
    ]


def _cases(found: list[Found]) -> Cases:
    users = np.array([user for user, _, _ in found], dtype=np.int64)
    targets = np.array([target for _, _, target in found], dtype=np.int64)
    return Cases(users, [history for _, history, _ in found], targets)
