"""Does success in recognition tasks foretell success in recommendation? Over the spaces, however few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import number
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.probing import PROBE, largest
from jobs.evaluation.steps.recommending import COLD, COMPARED, HOT
from jobs.evaluation.steps.step import Parts, Step
from jobs.evaluation.ways import KNN
from ml.evaluation.statistics.correlation import correlate

RELATION = "relation"
LEAST_SPACES = 4


def relating_steps(archive: Archive, steps: Sequence[Step], seed: int) -> list[Step]:
    """One step, over all that was found before."""
    about = {"steps": [step.key for step in steps], "seed": seed}
    return [Step("recognition and recommendation", about, lambda parts, told: relate(archive, parts, seed), weight=5.0)]


def relate(archive: Archive, parts: Parts, seed: int) -> Part:
    """Spearman's correlation, over the spaces, of each probe's score with each score of recommendation by nearest
    neighbours."""
    names = [space.name for space in archive.spaces]
    if len(names) < LEAST_SPACES:
        return Part([])
    every = [figure for part in parts.values() for figure in part.figures]
    outcomes = {
        HOT: _of_spaces(every, names, HOT, KNN),
        COLD: _of_spaces(every, names, COLD, KNN),
    }
    tasks = dict.fromkeys(figure.task for figure in every if figure.part == PROBE)
    figures: list[Figure] = []
    for task in tasks:
        scores = []
        for name in names:
            point = largest([one for one in every if (one.part, one.task, one.space) == (PROBE, task, name)])
            scores.append(np.nan if point is None or point.value is None else point.value)
        for outcome, found in outcomes.items():
            if np.isfinite(found).sum() < LEAST_SPACES or np.isfinite(scores).sum() < LEAST_SPACES:
                continue
            relation = correlate(np.array(scores), found, np.random.default_rng([seed, 80]))
            figures.append(
                Figure(
                    part=RELATION,
                    task=task,
                    metric="spearman",
                    value=number(relation.spearman.estimate),
                    low=number(relation.spearman.low),
                    high=number(relation.spearman.high),
                    cases=relation.points,
                    strategy=KNN,
                    config={"with": outcome, "p": number(relation.p), "pearson": number(relation.pearson.estimate)},
                )
            )
    return Part(figures)


def _of_spaces(
    figures: Sequence[Figure], names: Sequence[str], part: str, strategy: str | None
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = {
        figure.space: figure.value
        for figure in figures
        if (figure.part, figure.strategy, figure.metric, figure.k) == (part, strategy, COMPARED.name, COMPARED.k)
        and figure.value is not None
    }
    return np.array([found.get(name, np.nan) for name in names])
