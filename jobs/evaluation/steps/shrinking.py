"""The same questions, of a part of the tracks and of a part of the listeners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive, EvaluatedSpace
from jobs.evaluation.figures import Metric, estimated, number
from jobs.evaluation.listening import Heard, Split, some_tracks, split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_fair
from jobs.evaluation.steps.content import truths_for
from jobs.evaluation.steps.overfitting import gap
from jobs.evaluation.steps.recommending import COLD, COMPARED, HOT, SEEN, Asked, K, questions
from jobs.evaluation.steps.step import Told
from jobs.evaluation.ways import Scores, Way, scores_of
from ml.evaluation.content import retrieval
from ml.evaluation.content.tasks import tasks
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.evaluation.subsets import nested
from ml.training.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = "size"
CONTENT_NDCG = "ndcg@5"


def tracks_name(space: str) -> str:
    return f"fewer tracks in {space}"


def items_name(way: Way) -> str:
    return f"fewer tracks for {way.name}"


def users_name(way: Way) -> str:
    return f"fewer listeners for {way.name}"


def fewer_tracks(archive: Archive, space: EvaluatedSpace, shares: Sequence[float], seed: int) -> Part:
    """Content tasks on nested parts of the archive."""
    figures: list[Figure] = []
    arrays: dict[str, NDArray[Any]] = {}  # Any: of numbers
    truths = truths_for(archive, space)
    for share, rows in nested(len(archive), shares, np.random.default_rng([seed, 60])).items():
        for task in tasks(truths.of(rows)):
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


def fewer_items(archive: Archive, heard: Heard, way: Way, shares: Sequence[float], seed: int, told: Told) -> Part:
    """Split, train and ask anew as if the archive had only a nested part of its tracks; beside each figure what chance
    would find among so few."""
    figures: list[Figure] = []
    for share, rows in nested(len(archive), shares, np.random.default_rng([seed, 60])).items():
        told(f"{way.name}, {share:.0%} of the tracks")
        small = archive.of(rows)
        part = split(some_tracks(heard.log, rows), small.ids, seed)
        if not part.suffices:
            continue
        require_fair(way.name, part, small.ids)
        scores = scores_of(
            way, small, part, Watch(seed=seed, report=lambda progress: told(f"{way.name}, epoch {progress.epoch}"))
        )
        found: dict[str, NDArray[np.float64]] = {}
        for asked in questions(part, len(small)):
            if asked.part not in (HOT, COLD, SEEN):
                continue
            ranks = evaluate(scores, asked.cases, among=asked.among, repeats=asked.repeats)
            blind = evaluate(_alike(len(small)), asked.cases, among=asked.among, repeats=asked.repeats)
            found[asked.part] = ndcg(ranks, K)
            config = {"of": "tracks", "share": share, "count": len(rows)}
            config["chance"] = number(float(ndcg(blind, K).mean()))
            figures += _figures(found[asked.part], asked, way, np.random.default_rng([seed, 69]), config)
        if SEEN in found and HOT in found:
            one = gap(found[SEEN], found[HOT], part.seen.users, part.hot.users, way, share, seed)
            figures.append(replace(one, config=one.config | {"of": "tracks"}))
    return Part(figures)


def _figures(
    values: NDArray[np.float64], asked: Asked, way: Way, random: np.random.Generator, config: dict[str, Any]
) -> list[Figure]:
    """What was found of a part, `values` (cases,), with its interval. `config`: JSON."""
    about = {"part": SIZE, "task": asked.part, "space": way.space, "strategy": way.strategy}
    return estimated({COMPARED: values}, asked.cases.users, random, config=config, **about)


def _alike(items: int) -> Scores:
    """Every item as good as any other: what ranks by it is chance, exactly."""
    return lambda histories: np.zeros((len(histories), items), np.float32)


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
            figures += _figures(values, asked, way, np.random.default_rng([seed, 63]), config)
            arrays[f"{asked.part} {share}"] = values
        if f"{SEEN} {share}" in arrays and f"{HOT} {share}" in arrays:
            both = arrays[f"{SEEN} {share}"], arrays[f"{HOT} {share}"]
            figures.append(gap(*both, part.seen.users, part.hot.users, way, share, seed))
    return Part(figures, arrays)
