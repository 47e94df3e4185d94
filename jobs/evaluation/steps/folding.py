"""Every track once as if nobody had heard it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import estimated
from jobs.evaluation.listening import Heard, split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_fair
from jobs.evaluation.steps.recommending import COLD, COLD_AMONG_COLD, COMPARED, K, questions
from jobs.evaluation.steps.step import Told
from jobs.evaluation.ways import Way, scores_of
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.evaluation.subsets import folds
from ml.training.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = "folds"


def folds_name(way: Way) -> str:
    return f"every track cold for {way.name}"


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
                {COMPARED: values}, units, np.random.default_rng([seed, 65]), config={"folds": len(parts)}, **about
            )
            arrays |= {name: values, f"{name} users": units}
    return Part(figures, arrays)
