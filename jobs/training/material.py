"""What a model is trained on and measured with: an archive's tracks, its log, and how both are split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Engine

from domain.errors.training import TooLittleListening
from domain.training import TrainingWish
from ml.training.data import Cases, Catalogue, Log, TrainingData
from ml.training.splits import Split, by_time, cold
from sql.models.training_rows import Listening, count_listeners, listenings
from sql.spaces.derived_rows import SpaceRow, answering_space
from sql.spaces.vectors import track_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The last tenth of the listening is the test, the tenth before it decides when to stop.
VALIDATION_FROM, TEST_FROM = 0.8, 0.9
CASES_A_USER = 5
# So many of the tracks are treated as if nobody had ever heard them.
COLD_SHARE = 0.1
LEAST_USERS = 5
LEAST_CASES = 5


@dataclass(frozen=True)
class Material:
    """`data` is what a model may see. `hot` are the cases of the test whose target someone was seen to hear, `cold`
    those whose target nobody was. `users` (user's number) are the keys behind the numbers."""

    data: TrainingData
    hot: Cases
    cold: Cases
    space: SpaceRow
    simulated: bool
    snapshot: dict[str, Any]  # Any: JSON


def read_material(engine: Engine, wish: TrainingWish) -> Material:
    """The archive's tracks that are in the space, and its log. Raises TooLittleListening, SpaceNotFound,
    SpaceNotReady."""
    with engine.connect() as connection:
        space = answering_space(connection, wish.space)
        assert space.active_revision_id is not None  # noqa: S101 -- it answers
        tracks = track_vectors(connection, space.active_revision_id)
        heard = listenings(connection, simulated=wish.simulated)
        listeners = count_listeners(connection)
    log = _log(heard, tracks.ids)
    split, moments = _split(log, tracks.ids, wish.seed)
    users = len(np.unique(log.users))
    validation = split.split.validation
    if users < LEAST_USERS or min(len(split.hot), len(validation)) < LEAST_CASES:
        raise TooLittleListening(
            found=f"{users} listeners, {len(log)} listenings, {len(np.unique(log.items))} tracks of '{wish.space}'",
            needed=f"{LEAST_USERS} listeners, of whom some come back and hear what is new to them",
            remedy=_remedy(wish, listeners.simulated),
        )
    data = TrainingData(Catalogue(tracks.ids, tracks.vectors), list(split.split.train.histories().values()), validation)
    simulated = wish.simulated and not listeners.people
    snapshot = {
        "space": wish.space,
        "revision": space.revision,
        "tracks": len(tracks.ids),
        "users": users,
        "people": listeners.people,
        "simulated_users": listeners.simulated if wish.simulated else 0,
        "listenings": len(log),
        "trained_on": len(split.split.train),
        "trained_until": moments[0],
        "test_from": moments[1],
        "cold_tracks": tracks.ids[split.cold_items].tolist(),
        "log_sha256": log.sha256(),
        "cases": {"validation": len(validation), "hot": len(split.hot), "cold": len(split.cold)},
    }
    return Material(data, split.hot, split.cold, space, simulated, snapshot)


@dataclass(frozen=True)
class _Parts:
    split: Split
    hot: Cases
    cold: Cases
    cold_items: NDArray[np.int64]


def _log(heard: list[Listening], ids: NDArray[np.int64]) -> Log:
    """Listenings of tracks that are in the space; users are numbered in the order of their keys."""
    numbers = {user: number for number, user in enumerate(dict.fromkeys(one.user_id for one in heard))}
    tracks = np.array([one.track_id for one in heard], np.int64)
    places = np.searchsorted(ids, tracks) if len(ids) else np.zeros(len(tracks), np.int64)
    there = np.append(ids, -1)[places] == tracks
    return Log.of(
        np.array([numbers[one.user_id] for one in heard], np.int64)[there],
        places[there],
        np.array([one.moment for one in heard], np.float64)[there],
        np.array([one.weight for one in heard], np.float32)[there],
    )


def _split(log: Log, ids: NDArray[np.int64], seed: int) -> tuple[_Parts, tuple[float, float]]:
    """By time, at moments before which so much was heard; and some tracks held out as cold."""
    if not len(log):
        nothing = Cases(np.empty(0, np.int64), [], np.empty(0, np.int64))
        return _Parts(Split(log, nothing, nothing), nothing, nothing, np.empty(0, np.int64)), (0.0, 0.0)
    validation_from, test_from = (float(np.quantile(log.times, share)) for share in (VALIDATION_FROM, TEST_FROM))
    split = by_time(log, validation_from, test_from, per_user=CASES_A_USER)
    held_out = np.sort(
        np.random.default_rng([seed, 10]).choice(len(ids), size=round(COLD_SHARE * len(ids)), replace=False)
    )
    train = cold(split.train, held_out)
    validation = split.validation.where(~np.isin(split.validation.targets, held_out))
    known = np.isin(split.test.targets, train.items)
    parts = _Parts(
        replace(split, train=train, validation=validation),
        split.test.where(known),
        split.test.where(~known),
        held_out.astype(np.int64),
    )
    return parts, (validation_from, test_from)


def _remedy(wish: TrainingWish, simulated: int) -> str:
    if wish.simulated:
        return "Make up more listeners: segue simulate --users 500"
    if simulated:
        return "To train on simulated listeners, too, add --simulated."
    return "Until people listen, listeners can be made up: segue simulate, and then train with --simulated."
