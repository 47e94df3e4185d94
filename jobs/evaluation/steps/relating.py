"""Does success in recognition tasks foretell success in recommendation? Over the spaces, however few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import RANDOM, Archive
from jobs.evaluation.figures import NOT_DISTINGUISHABLE, number
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.probing import PROBE, largest
from jobs.evaluation.steps.recommending import COLD, COMPARED, HOT
from jobs.evaluation.steps.step import Parts, Step
from ml.evaluation.statistics.comparisons import ALPHA
from ml.evaluation.statistics.correlation import Correlation, correlate
from ml.evaluation.statistics.holm import holm

if TYPE_CHECKING:
    from numpy.typing import NDArray

RELATION = "relation"
LEAST_SPACES = 4


def relating_steps(archive: Archive, steps: Sequence[Step], seed: int) -> list[Step]:
    """One step, over all that was found before."""
    about = {"steps": [step.key for step in steps], "seed": seed}
    name = "recognition and recommendation"
    return [Step(name, about, lambda parts, told: relate(archive, parts, seed), weight=5.0, joins=True)]


def relate(archive: Archive, parts: Parts, seed: int) -> Part:
    """Spearman's correlation, over the spaces, of each probe's score with each score of recommendation; corrected for
    their number. Random vectors are left out: that they know nothing and find nothing says nothing about the others."""
    names = [space.name for space in archive.spaces if space.backend != RANDOM]
    if len(names) < LEAST_SPACES:
        return Part([])
    every = [figure for part in parts.values() for figure in part.figures]
    outcomes = {
        (strategy, part): _of_spaces(every, names, part, strategy)
        for strategy in dict.fromkeys(one.strategy for one in every if one.part == HOT and one.space in names)
        for part in (HOT, COLD)
        if strategy is not None
    }
    found: list[tuple[str, str, str, Correlation]] = []
    for task in dict.fromkeys(figure.task for figure in every if figure.part == PROBE):
        scores = _of_probe(every, names, task)
        for (strategy, part), outcome in outcomes.items():
            if (np.isfinite(outcome) & np.isfinite(scores)).sum() >= LEAST_SPACES:
                random = np.random.default_rng([seed, 80])
                found.append((task, strategy, part, correlate(scores, outcome, random)))
    known = [one for one in found if np.isfinite(one[3].p)]
    adjusted = holm(np.array([relation.p for *_, relation in known], np.float64)).tolist()
    return Part(
        [
            Figure(
                part=RELATION,
                task=task,
                metric="spearman",
                value=number(relation.spearman.estimate),
                low=number(relation.spearman.low),
                high=number(relation.spearman.high),
                cases=relation.points,
                strategy=strategy,
                config={
                    "with": part,
                    "p": number(relation.p),
                    "adjusted_p": number(p),
                    "pearson": number(relation.pearson.estimate),
                    "verdict": _related(relation, p),
                },
            )
            for (task, strategy, part, relation), p in zip(known, adjusted, strict=True)
        ]
    )


def _related(relation: Correlation, adjusted: float) -> str:
    if relation.spearman.includes_zero or adjusted >= ALPHA:
        return NOT_DISTINGUISHABLE
    return "related" if relation.spearman.estimate > 0 else "opposed"


def _of_probe(figures: Sequence[Figure], names: Sequence[str], task: str) -> NDArray[np.float64]:
    """The linear probe's score with the most examples, by space."""
    points = [largest([one for one in figures if (one.part, one.task, one.space) == (PROBE, task, n)]) for n in names]
    return np.array([np.nan if point is None or point.value is None else point.value for point in points])


def _of_spaces(figures: Sequence[Figure], names: Sequence[str], part: str, strategy: str | None) -> NDArray[np.float64]:
    found = {
        figure.space: figure.value
        for figure in figures
        if (figure.part, figure.strategy, figure.metric, figure.k) == (part, strategy, COMPARED.name, COMPARED.k)
        and figure.value is not None
    }
    return np.array([found.get(name, np.nan) for name in names])
