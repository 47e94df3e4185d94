"""How much a trained strategy owes to luck: trained again with other seeds, on the same split, and asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import number
from jobs.evaluation.listening import Split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_fair
from jobs.evaluation.steps.recommending import COMPARED, HOT, K
from jobs.evaluation.steps.recommending import step_name as recommending_name
from jobs.evaluation.steps.step import Parts, Told
from jobs.evaluation.ways import Way, scores_of
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.training.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = "seeds"
# Beside the evaluation's own seed.
OTHERS = 2


def reseeding_name(way: Way) -> str:
    return f"other seeds for {way.name}"


def reseeded(archive: Archive, split: Split, way: Way, seed: int, told: Told) -> Part:
    """The values (cases,) of the hot cases for each of OTHERS seeds."""
    require_fair(way.name, split, archive.ids)
    arrays: dict[str, NDArray[np.float64]] = {}
    for other in range(seed + 1, seed + 1 + OTHERS):
        watch = Watch(seed=other, report=lambda progress: told(f"{way.name}, another seed, epoch {progress.epoch}"))
        arrays[str(other)] = ndcg(evaluate(scores_of(way, archive, split, watch), split.hot), K)
    return Part([], arrays)


def luck(ways: Sequence[Way], parts: Parts) -> Part:
    """The mean over all seeds, from the least to the most."""
    figures = []
    for way in ways:
        if reseeding_name(way) not in parts or recommending_name(way) not in parts:
            continue
        found = [parts[recommending_name(way)].arrays[HOT], *parts[reseeding_name(way)].arrays.values()]
        means = [float(np.mean(values)) for values in found]
        figures.append(
            Figure(
                part=SEEDS,
                task=HOT,
                metric=COMPARED.name,
                k=K,
                value=number(float(np.mean(means))),
                low=number(min(means)),
                high=number(max(means)),
                cases=len(found[0]),
                space=way.space,
                strategy=way.strategy,
                config={"interval": f"the least to the most of {len(means)} seeds", "seeds": len(means)},
            )
        )
    return Part(figures)
