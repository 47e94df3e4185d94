"""How figures move as an archive or its audience shrinks, and whether the order of the spaces stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import METADATA, Archive, EvaluatedSpace
from jobs.evaluation.figures import Metric, estimated, number
from jobs.evaluation.listening import Heard, Split, split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_fair
from jobs.evaluation.steps.content import truths_for
from jobs.evaluation.steps.recommending import COLD, COLD_AMONG_COLD, COMPARED, HOT, SEEN, K, questions
from jobs.evaluation.steps.step import Parts, Step, Told
from jobs.evaluation.ways import KNN, Way, scores_of
from ml.evaluation.content import retrieval
from ml.evaluation.content.tasks import tasks
from ml.evaluation.content.truths import Truths
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.evaluation.statistics.kendall import rank_stability
from ml.evaluation.subsets import folds, nested
from ml.training.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE, STABILITY, FOLDS = "size", "stability", "folds"
SHARES = {True: (0.1, 0.25, 0.5, 1.0), False: (0.25, 1.0)}
FOLD_COUNT = {True: 5, False: 2}
# What is trained again on parts of the audience: one strategy on every space, others on the first space alone.
EVERYWHERE = "SHALLOW"
ON_ONE = ("BERT4REC", "HYBRID", "COLLABORATIVE")
CONTENT_NDCG = "ndcg@5"


def size_steps(
    archive: Archive, heard: Heard | None, whole: Split | None, chosen: Sequence[Way], seed: int, *, full: bool
) -> list[Step]:
    """Parts of the tracks for every space; parts of the users, and every track once cold, for some ways."""
    about: dict[str, Any] = {"archive": archive.sha256, "seed": seed, "full": full}  # Any: JSON
    shares = SHARES[full]
    steps = [
        Step(
            tracks_name(space.name),
            about | {"vectors": space.sha256},
            lambda parts, told, space=space: fewer_tracks(archive, space, shares, seed),  # type: ignore[misc]  # a bound default
            weight=2.0,
        )
        for space in archive.spaces
    ]
    if heard is not None and whole is not None:
        about |= {"log": heard.log.sha256(), "split": whole.facts(archive.ids)}
        for way in _trained_again(archive, chosen, full=full):
            steps.append(
                Step(
                    users_name(way),
                    about | {"way": way.name, "config": way.config, "content": _content(archive, way)},
                    lambda parts, told, way=way: fewer_users(archive, whole, way, shares[:-1], seed, told),  # type: ignore[misc]
                    weight=2.0 + 0.15 * float(way.config.get("epochs", 20)) * len(shares),
                )
            )
        for way in _folded(archive, chosen, full=full):
            steps.append(
                Step(
                    folds_name(way),
                    about | {"way": way.name, "config": way.config, "content": _content(archive, way)},
                    lambda parts, told, way=way: every_track_cold(archive, heard, way, FOLD_COUNT[full], seed, told),  # type: ignore[misc]
                    weight=3.0 + 0.2 * float(way.config.get("epochs", 0)) * FOLD_COUNT[full],
                )
            )
    hashes = {space.name: space.sha256 for space in archive.spaces}
    done = [way.name for way in chosen]
    stable = about | {"vectors": hashes, "ways": done}
    steps.append(
        Step(
            "order of the spaces",
            stable,
            lambda parts, told: stability(archive, whole, parts, shares, seed),
            weight=10.0,
        )
    )
    return steps


def tracks_name(space: str) -> str:
    return f"fewer tracks in {space}"


def users_name(way: Way) -> str:
    return f"fewer listeners for {way.name}"


def folds_name(way: Way) -> str:
    return f"every track cold for {way.name}"


def fewer_tracks(archive: Archive, space: EvaluatedSpace, shares: Sequence[float], seed: int) -> Part:
    """Content tasks on nested parts of the archive."""
    figures: list[Figure] = []
    arrays: dict[str, NDArray[Any]] = {}  # Any: of numbers
    truths = truths_for(archive, space)
    for share, rows in nested(len(archive), shares, np.random.default_rng([seed, 60])).items():
        for task in tasks(_only(truths, rows)):
            found = retrieval.retrieve(space.vectors[rows], task)
            units = archive.pieces[rows][found.queries]
            values = found.values[CONTENT_NDCG]
            about = {"part": SIZE, "task": task.name, "space": space.name}
            config = {"of": "tracks", "share": share, "count": len(rows)}
            figures += estimated(
                {Metric("ndcg", 5): values}, units, np.random.default_rng([seed, 61]), config=config, **about
            )
            arrays[f"{task.name} {share}"] = values
            arrays[f"{task.name} {share} units"] = units
    return Part(figures, arrays)


def fewer_users(archive: Archive, whole: Split, way: Way, shares: Sequence[float], seed: int, told: Told) -> Part:
    """Train on nested parts of the listeners, and ask the same as of all; and what was seen in training."""
    figures: list[Figure] = []
    arrays: dict[str, NDArray[np.float64]] = {}
    users = np.unique(whole.train.users)
    require_fair(way.name, whole, archive.ids)
    for share, rows in nested(len(users), shares, np.random.default_rng([seed, 62])).items():
        told(f"{way.name}, {share:.0%} of the listeners")
        part = whole.of_users(users[rows])
        scores = scores_of(
            way, archive, part, Watch(seed=seed, report=lambda progress: told(f"{way.name}, epoch {progress.epoch}"))
        )
        for asked in questions(part, len(archive)):
            if asked.part not in (HOT, COLD, SEEN):
                continue
            values = ndcg(evaluate(scores, asked.cases, among=asked.among, repeats=asked.repeats), K)
            config = {"of": "listeners", "share": share, "count": len(rows)}
            figures += estimated(
                {COMPARED: values},
                asked.cases.users,
                np.random.default_rng([seed, 63]),
                part=SIZE,
                task=asked.part,
                space=way.space,
                strategy=way.strategy,
                config=config,
            )
            arrays[f"{asked.part} {share}"] = values
    return Part(figures, arrays)


def every_track_cold(archive: Archive, heard: Heard, way: Way, count: int, seed: int, told: Told) -> Part:
    """k-fold over tracks, whole works together: each is held out once, and looked for as if nobody had heard it."""
    gathered: dict[str, list[NDArray[np.float64]]] = {COLD: [], COLD_AMONG_COLD: []}
    users: dict[str, list[NDArray[np.int64]]] = {COLD: [], COLD_AMONG_COLD: []}
    random = np.random.default_rng([seed, 64])
    for number_, (_, held_out) in enumerate(folds(len(archive), count, random, groups=archive.pieces), 1):
        told(f"{way.name}, fold {number_} of {count}")
        part = split(heard.log, archive.ids, seed, np.sort(held_out))
        if not part.suffices or not len(part.cold):
            continue
        require_fair(way.name, part, archive.ids)
        scores = scores_of(way, archive, part, Watch(seed=seed, report=lambda _: told(way.name)))
        for asked in questions(part, len(archive)):
            if asked.part in gathered:
                gathered[asked.part].append(ndcg(evaluate(scores, asked.cases, among=asked.among), K))
                users[asked.part].append(asked.cases.users)
    figures: list[Figure] = []
    arrays: dict[str, NDArray[Any]] = {}  # Any: of numbers
    for name, parts in gathered.items():
        if parts:
            values, units = np.concatenate(parts), np.concatenate(users[name])
            about = {"part": FOLDS, "task": name, "space": way.space, "strategy": way.strategy}
            figures += estimated(
                {COMPARED: values}, units, np.random.default_rng([seed, 65]), config={"folds": count}, **about
            )
            arrays |= {name: values, f"{name} users": units}
    return Part(figures, arrays)


def stability(archive: Archive, whole: Split | None, parts: Parts, shares: Sequence[float], seed: int) -> Part:
    """Kendall's τ between the order of the spaces on a part and on the whole. Random vectors are left out: that they
    come last says nothing about the others."""
    figures: list[Figure] = []
    names = [space.name for space in archive.spaces if space.backend != "random"]
    if len(names) < 3:
        return Part([])
    for task in tasks(archive.truths):
        known = [name for name in names if f"{task.name} {shares[-1]}" in parts[tracks_name(name)].arrays]
        for share in shares[:-1]:
            if len(known) < 3 or any(f"{task.name} {share}" not in parts[tracks_name(name)].arrays for name in known):
                continue
            some = {name: parts[tracks_name(name)].arrays[f"{task.name} {share}"] for name in known}
            every = {name: parts[tracks_name(name)].arrays[f"{task.name} {shares[-1]}"] for name in known}
            left, right = (
                parts[tracks_name(known[0])].arrays[f"{task.name} {one} units"] for one in (share, shares[-1])
            )
            figures.append(_tau(some, every, left, right, task.name, "tracks", share, seed))
    if whole is None:
        return Part(figures)
    ways = [Way(EVERYWHERE, name) for name in names]
    trained = [way for way in ways if users_name(way) in parts and f"recommending by {way.name}" in parts]
    for share in shares[:-1] if len(trained) >= 3 else ():
        for part, cases in ((HOT, whole.hot), (COLD, whole.cold)):
            if any(f"{part} {share}" not in parts[users_name(way)].arrays for way in trained) or not len(cases):
                continue
            some = {way.name: parts[users_name(way)].arrays[f"{part} {share}"] for way in trained}
            every = {way.name: parts[f"recommending by {way.name}"].arrays[part] for way in trained}
            figures.append(_tau(some, every, cases.users, cases.users, part, "listeners", share, seed))
    return Part(figures)


def _tau(
    some: dict[str, Any],  # Any: arrays of numbers
    every: dict[str, Any],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    task: str,
    of: str,
    share: float,
    seed: int,
) -> Figure:
    found = rank_stability(some, every, left, right, np.random.default_rng([seed, 66]))
    return Figure(
        part=STABILITY,
        task=task,
        metric="kendall",
        value=number(found.estimate),
        low=number(found.low),
        high=number(found.high),
        cases=len(some),
        config={"of": of, "share": share},
    )


def _only(truths: Truths, rows: NDArray[np.int64]) -> Truths:
    """The truths of some tracks."""
    return truths.of(rows)


def _trained_again(archive: Archive, chosen: Sequence[Way], *, full: bool) -> list[Way]:
    """One strategy on every space, others on the first alone; a quick look takes the first space for all."""
    first = (None, archive.spaces[0].name)
    everywhere = [way for way in chosen if way.strategy == EVERYWHERE and (full or way.space in first)]
    return everywhere + [way for way in chosen if way.strategy in ON_ONE and way.space in first]


def _folded(archive: Archive, chosen: Sequence[Way], *, full: bool) -> list[Way]:
    """Nearest neighbours, which cost nothing to train, on every space; one trained strategy on the first."""
    first = archive.spaces[0].name
    return [way for way in chosen if way.strategy == KNN or (full and (way.strategy, way.space) == (EVERYWHERE, first))]


def _content(archive: Archive, way: Way) -> str | None:
    if way.space is None or way.space == METADATA:
        return archive.sha256
    return archive.space(way.space).sha256
