"""Whether the order of the spaces on a part of an archive or of its listeners is that on the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import number
from jobs.evaluation.listening import Split
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.recommending import COLD, HOT, step_name
from jobs.evaluation.steps.shrinking import tracks_name, users_name
from jobs.evaluation.steps.step import Parts
from jobs.evaluation.ways import Way
from ml.evaluation.content.tasks import tasks
from ml.evaluation.statistics.kendall import rank_stability

if TYPE_CHECKING:
    from numpy.typing import NDArray

STABILITY = "stability"
# The strategy that is trained on parts of the audience on every space.
EVERYWHERE = "SHALLOW"


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
    trained = [way for way in ways if users_name(way) in parts and step_name(way) in parts]
    for share in shares[:-1] if len(trained) >= 3 else ():
        for part, cases in ((HOT, whole.hot), (COLD, whole.cold)):
            if any(f"{part} {share}" not in parts[users_name(way)].arrays for way in trained) or not len(cases):
                continue
            some = {way.name: parts[users_name(way)].arrays[f"{part} {share}"] for way in trained}
            every = {way.name: parts[step_name(way)].arrays[part] for way in trained}
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
