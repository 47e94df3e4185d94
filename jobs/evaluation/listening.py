"""Who heard what, and how it is split: what models may see, and what is asked of them.

By time: the last tenth of the listening is the test, the tenth before it says when to stop training. And by tracks:
some are held out as if nobody had ever heard them, from the histories of the test, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Engine

from ml.training.data import Cases, Catalogue, History, Log, TrainingData
from ml.training.splits import by_time, cold
from sql.models.training_rows import Listening as Row
from sql.models.training_rows import count_listeners, listenings

if TYPE_CHECKING:
    from numpy.typing import NDArray

VALIDATION_FROM, TEST_FROM = 0.8, 0.9
CASES_A_USER = 5
COLD_SHARE = 0.1
LEAST_USERS = 5
LEAST_CASES = 5

Found = tuple[int, History, int]


@dataclass(frozen=True)
class Heard:
    """An archive's log over the tracks of an evaluation: `log` with users as numbers; `people` and `simulated` are the
    listeners that there are, `of_people` whether the log is of people alone."""

    log: Log
    people: int
    simulated: int
    of_people: bool

    @property
    def users(self) -> int:
        return len(np.unique(self.log.users))


@dataclass(frozen=True)
class Split:
    """`train` is what models learn from, `validation` what they stop by. `hot` are cases whose target somebody heard in
    training, `cold` those whose target is one of the tracks held out (`cold_items`), each new to its listener; `again`
    are all listenings of the test, repeated ones included; `seen` are the last cases of training, to tell by how much
    better a model does on what it has seen. `moments` (seconds since 1970) are where validation and test begin."""

    train: Log
    validation: Cases
    hot: Cases
    cold: Cases
    again: Cases
    seen: Cases
    cold_items: NDArray[np.int64]
    moments: tuple[float, float]

    def data(self, ids: NDArray[np.int64], content: NDArray[np.float32] | None) -> TrainingData:
        """What a model may see."""
        return TrainingData(Catalogue(ids, content), list(self.train.histories().values()), self.validation)

    def of_users(self, users: NDArray[np.int64]) -> Split:
        """The same questions, but of what these users alone did, models may learn."""
        train = some_users(self.train, users)
        validation = self.validation.where(np.isin(self.validation.users, users))
        return replace(self, train=train, validation=validation, seen=_seen(train))

    @property
    def suffices(self) -> bool:
        """Whether there is enough to train and to measure on: of one listener's cases nothing follows for others."""
        users = min(len(np.unique(self.train.users)), len(np.unique(self.hot.users)))
        return users >= LEAST_USERS and min(len(self.hot), len(self.validation)) >= LEAST_CASES

    def facts(self, ids: NDArray[np.int64]) -> dict[str, Any]:  # Any: JSON
        """What says which split it is."""
        return {
            "validation_from": self.moments[0],
            "test_from": self.moments[1],
            "trained_on": len(self.train),
            "cold_tracks": ids[self.cold_items].tolist(),
            "train_sha256": self.train.sha256(),
            "cases": {name: len(getattr(self, name)) for name in ("validation", "hot", "cold", "again", "seen")},
        }


def read_listening(engine: Engine, ids: NDArray[np.int64], *, simulated: bool) -> Heard:
    """The log over the tracks `ids`, in ascending order. Where people are too few to split, simulated listeners count,
    too, as they do where `simulated` asks for them."""
    with engine.connect() as connection:
        listeners = count_listeners(connection)
        log = _log(listenings(connection, simulated=False), ids)
        enough = len(np.unique(log.users)) >= LEAST_USERS and split(log, ids, seed=0).suffices
        mixed = listeners.simulated > 0 and (simulated or not enough)
        if mixed:
            log = _log(listenings(connection, simulated=True), ids)
    return Heard(log, listeners.people, listeners.simulated if mixed else 0, of_people=not mixed)


def split(log: Log, ids: NDArray[np.int64], seed: int, held_out: NDArray[np.int64] | None = None) -> Split:
    """Split a log; `held_out` are the tracks (rows) to treat as cold, else a tenth of them, drawn."""
    nothing = _cases([])
    if held_out is None:
        random = np.random.default_rng([seed, 10])
        held_out = np.sort(random.choice(len(ids), size=round(COLD_SHARE * len(ids)), replace=False)).astype(np.int64)
    if not len(log):
        return Split(log, nothing, nothing, nothing, nothing, nothing, held_out, (0.0, 0.0))
    moments = (float(np.quantile(log.times, VALIDATION_FROM)), float(np.quantile(log.times, TEST_FROM)))
    parts = by_time(log, *moments, per_user=CASES_A_USER)
    train = cold(parts.train, held_out)
    known = np.isin(np.arange(len(ids)), train.items)
    is_cold = np.isin(np.arange(len(ids)), held_out)
    test = _without(parts.test, is_cold)
    validation = _without(parts.validation, is_cold)
    again = _without(_again(log, moments[1]), is_cold)
    return Split(
        train=train,
        validation=validation.where(known[validation.targets]),
        hot=test.where(known[test.targets]),
        cold=test.where(is_cold[test.targets]),
        again=again.where(known[again.targets]),
        seen=_seen(train),
        cold_items=held_out,
        moments=moments,
    )


def some_users(log: Log, users: NDArray[np.int64]) -> Log:
    """What these users did."""
    return log.where(np.isin(log.users, users))


def some_tracks(log: Log, rows: NDArray[np.int64]) -> Log:
    """What was heard of the tracks of `rows`, ascending, which are 0, 1, … in it."""
    part = log.where(np.isin(log.items, rows))
    return replace(part, items=np.searchsorted(rows, part.items).astype(np.int64))


def _log(heard: list[Row], ids: NDArray[np.int64]) -> Log:
    """Listenings of the tracks; users are numbered in the order of their keys."""
    numbers = {user: number for number, user in enumerate(dict.fromkeys(one.user_id for one in heard))}
    tracks = np.array([one.track_id for one in heard], np.int64)
    places = np.searchsorted(ids, tracks) if len(ids) else np.zeros(len(tracks), np.int64)
    there = np.append(ids, -1)[places] == tracks
    return Log.of(
        np.array([numbers[one.user_id] for one in heard], np.int64)[there],
        places[there].astype(np.int64),
        np.array([one.moment for one in heard], np.float64)[there],
        np.array([one.weight for one in heard], np.float32)[there],
    )


def _without(cases: Cases, left_out: NDArray[np.bool_]) -> Cases:
    """The same cases with histories that lack some items; those whose history is empty then are gone."""
    found: list[Found] = []
    for user, history, target in zip(cases.users, cases.histories, cases.targets, strict=True):
        kept = ~left_out[history.items]
        if kept.any():
            found.append((int(user), History(history.items[kept], history.weights[kept]), int(target)))
    return _cases(found)


def _again(log: Log, since: float) -> Cases:
    """Each user's first listenings from a moment on, new to them or not."""
    found: list[Found] = []
    start = 0
    for user, history in log.histories().items():
        times = log.times[start : start + len(history.items)]
        start += len(history.items)
        places = [place for place in np.flatnonzero(times >= since).tolist() if place > 0][:CASES_A_USER]
        found.extend(
            (user, History(history.items[:place], history.weights[:place]), int(history.items[place]))
            for place in places
        )
    return _cases(found)


def _seen(train: Log) -> Cases:
    """Of each user the last listening of training that was new to them."""
    found: list[Found] = []
    for user, history in train.histories().items():
        new = [place for place in range(1, len(history.items)) if history.items[place] not in history.items[:place]]
        if new:
            place = new[-1]
            found.append((user, History(history.items[:place], history.weights[:place]), int(history.items[place])))
    return _cases(found)


def _cases(found: list[Found]) -> Cases:
    users = np.array([user for user, _, _ in found], dtype=np.int64)
    targets = np.array([target for _, _, target in found], dtype=np.int64)
    return Cases(users, [history for _, history, _ in found], targets)
