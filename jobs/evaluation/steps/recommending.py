"""With listeners: does a way find what they heard next, among what is known and among what nobody has heard?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import comb
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import METADATA, RANDOM, Archive
from jobs.evaluation.figures import Metric, all_pairs, compared, estimated, number, with_chosen
from jobs.evaluation.listening import Split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_fair
from jobs.evaluation.steps.overfitting import gap
from jobs.evaluation.steps.step import Parts, Step, Told
from jobs.evaluation.ways import CHANCE, KNN, PAIRS, Way, popular, scores_of
from ml.evaluation.metrics.calibration import miscalibration
from ml.evaluation.metrics.coverage import coverage
from ml.evaluation.metrics.cutoffs import cutoffs
from ml.evaluation.metrics.diversity import intra_list_diversity
from ml.evaluation.metrics.gini import gini
from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.long_tail import long_tail_share
from ml.evaluation.metrics.mrr import reciprocal_rank
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.metrics.novelty import novelty
from ml.evaluation.metrics.recall import recall
from ml.evaluation.metrics.serendipity import serendipity
from ml.evaluation.recommendation import Measured, measure
from ml.evaluation.statistics.comparisons import corrected_together
from ml.training.data import Cases
from ml.training.watch import Progress, Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.statistics.comparisons import Comparison

K = 10
COMPARED = Metric("ndcg", K)
HOT, COLD, COLD_AMONG_COLD, AGAIN, SEEN = "hot", "cold", "cold among cold", "repeated", "seen in training"
EPOCH_SECONDS = {"SHALLOW": 0.3, "CONTRASTIVE": 0.4, "HYBRID": 0.3, "BERT4REC": 1.0, "COLLABORATIVE": 0.2}


class Asked(NamedTuple):
    """One kind of question: the cases, and what they are found among."""

    part: str
    cases: Cases
    among: NDArray[np.bool_] | None = None
    repeats: bool = False


def step_name(way: Way) -> str:
    return f"recommending by {way.name}"


def recommending_steps(
    archive: Archive, split: Split, chosen: Sequence[Way], seed: int, about: dict[str, object]
) -> list[Step]:
    """A step for each way, and one that compares them; `about` says which log and split it is."""
    steps = [
        Step(
            step_name(way),
            about | {"way": way.name, "config": way.config, "content": _hash(archive, way), "seed": seed},
            lambda parts, told, way=way: recommend(archive, split, way, seed, told),  # type: ignore[misc]  # as above
            weight=_weight(way),
        )
        for way in chosen
    ]
    hashes = {way.name: [way.config, _hash(archive, way)] for way in chosen}
    steps.append(
        Step(
            "recommending, compared",
            about | {"ways": hashes, "seed": seed},
            lambda parts, told: compare(archive, split, chosen, parts, seed),
            weight=20.0,
            joins=True,
        )
    )
    return steps


def recommend(archive: Archive, split: Split, way: Way, seed: int, told: Told) -> Part:
    """Train the way and ask it everything. Raises TrainedOnTestRows where what is asked was in its training."""
    require_fair(way.name, split, archive.ids)

    def report(progress: Progress) -> None:
        told(f"{way.name}, epoch {progress.epoch}")

    begun = time.monotonic()
    scores = scores_of(way, archive, split, Watch(seed=seed, report=report))
    fit_seconds = time.monotonic() - begun
    counts = split.data(archive.ids, None).counts
    figures: list[Figure] = []
    arrays: dict[str, NDArray[np.float64]] = {}
    for asked in questions(split, len(archive)):
        told(f"{way.name}: {asked.part}")
        random = np.random.default_rng([seed, 40])
        found = measure(scores, asked.cases, K, random, among=asked.among, repeats=asked.repeats)
        about: dict[str, Any] = {  # Any: what a Figure says
            "part": asked.part,
            "task": "next track",
            "space": way.space,
            "strategy": way.strategy,
            "config": way.config,
        }
        values = ranked(found, len(archive))
        if asked.part in (HOT, COLD):
            expected = measure(popular(counts), asked.cases, K, np.random.default_rng([seed, 41]), among=asked.among)
            values |= beyond(found, expected, asked.cases, archive, counts)
            figures += _of_all_lists(found, len(archive), about)
        figures += estimated(values, asked.cases.users, np.random.default_rng([seed, 42]), **about)
        arrays[asked.part] = values[COMPARED]
    if SEEN in arrays and HOT in arrays:
        figures.append(gap(arrays[SEEN], arrays[HOT], split.seen.users, split.hot.users, way, 1.0, seed))
    return Part(figures, arrays, {"config": way.config, "fit_seconds": round(fit_seconds, 3)})


def questions(split: Split, items: int) -> list[Asked]:
    """What is asked; a part without any case is left out."""
    cold = np.isin(np.arange(items), split.cold_items)
    every = (
        Asked(HOT, split.hot),
        Asked(COLD, split.cold),
        Asked(COLD_AMONG_COLD, split.cold, among=cold),
        Asked(AGAIN, split.again, repeats=True),
        Asked(SEEN, split.seen),
    )
    return [asked for asked in every if len(asked.cases)]


def ranked(found: Measured, items: int) -> dict[Metric, NDArray[np.float64]]:
    """Of each case how well its target ranks."""
    values: dict[Metric, NDArray[np.float64]] = {}
    for k in sorted({*cutoffs(items), min(K, items)}):
        values[Metric("hit rate", k)] = hit_rate(found.ranks, k)
        values[Metric("recall", k)] = recall(found.ranks, k)
        values[Metric("ndcg", k)] = ndcg(found.ranks, k)
        values[Metric("mrr", k)] = reciprocal_rank(found.ranks, k)
    values.setdefault(COMPARED, ndcg(found.ranks, K))
    values[Metric("mrr")] = reciprocal_rank(found.ranks)
    return values


def beyond(
    found: Measured, expected: Measured, cases: Cases, archive: Archive, counts: NDArray[np.float64]
) -> dict[Metric, NDArray[np.float64]]:
    """Of each case's list what accuracy does not tell. Diversity is by what the catalogue says, so that no space judges
    itself."""
    values = {
        Metric("novelty", K): novelty(found.lists, counts),
        Metric("diversity", K): intra_list_diversity(found.lists, archive.metadata),
        Metric("long tail", K): long_tail_share(found.lists, counts),
        Metric("serendipity", K): serendipity(found.lists, cases.targets, expected.lists),
    }
    if archive.truths.composer is not None:
        values[Metric("miscalibration", K)] = miscalibration(found.lists, cases.histories, archive.truths.composer)
    return values


def compare(archive: Archive, split: Split, chosen: Sequence[Way], parts: Parts, seed: int) -> Part:
    """In each part: every way against the best; under each strategy every pair of spaces; one vector for a history
    against one for each interest. What is compared for one purpose in one part is corrected together."""
    figures: list[Figure] = []
    chosen = [way for way in chosen if step_name(way) in parts]
    named = {way.name: (way.space, way.strategy) for way in chosen}
    for asked in questions(split, len(archive)) if chosen else ():
        if asked.part == SEEN:
            continue
        values = {way.name: parts[step_name(way)].arrays[asked.part] for way in chosen}
        users = asked.cases.users
        best = with_chosen(best_of(values), values, users, np.random.default_rng([seed, 50]))
        for task, families in (
            ("against the best", [best]),
            ("spaces", corrected_together(_by_strategy(chosen, values, users, seed))),
            ("interests", corrected_together(_by_interests(chosen, values, users, seed))),
        ):
            for family in families:
                figures += compared(family, named, COMPARED, len(asked.cases), part=asked.part, task=task)
    return Part(figures)


def _by_strategy(
    chosen: Sequence[Way], values: dict[str, NDArray[np.float64]], users: NDArray[np.int64], seed: int
) -> list[list[Comparison]]:
    """Every pair of spaces under each strategy that reads one."""
    strategies = dict.fromkeys(way.strategy for way in chosen if way.space not in (None, METADATA))
    families = [
        {way.name: values[way.name] for way in chosen if way.strategy == strategy and way.space != METADATA}
        for strategy in strategies
    ]
    together = sum(comb(len(family), 2) for family in families)
    return [all_pairs(family, users, np.random.default_rng([seed, 51]), together) for family in families]


def _by_interests(
    chosen: Sequence[Way], values: dict[str, NDArray[np.float64]], users: NDArray[np.int64], seed: int
) -> list[list[Comparison]]:
    """One vector against one for each interest, in each space."""
    pairs = [
        (way.name, f"{single} on {way.space}") for single, several in PAIRS for way in chosen if way.strategy == several
    ]
    return [
        all_pairs({name: values[name] for name in pair}, users, np.random.default_rng([seed, 52]), len(pairs))
        for pair in pairs
        if all(name in values for name in pair)
    ]


def best_of(values: dict[str, NDArray[np.float64]]) -> str:
    """The name with the highest mean; of equal ones the first. Chance and vectors that are drawn or made of the
    catalogue are no candidates where there are others: nobody can choose them."""
    real = {
        name: each
        for name, each in values.items()
        if name != CHANCE and not name.endswith((f" on {RANDOM}", f" on {METADATA}"))
    } or values
    return max(real, key=lambda name: float(np.nanmean(real[name])))


def _of_all_lists(found: Measured, items: int, about: dict[str, Any]) -> list[Figure]:  # Any: as above
    whole = {"coverage": coverage(found.lists, items), "gini": gini(found.lists, items)}
    return [
        Figure(metric=name, k=K, value=number(value), cases=len(found.lists), **about) for name, value in whole.items()
    ]


def _hash(archive: Archive, way: Way) -> str | None:
    if way.space is None:
        return None
    return archive.sha256 if way.space == METADATA else archive.space(way.space).sha256


def _weight(way: Way) -> float:
    if not way.trained:
        return 4.0 if way.strategy != KNN else 2.0
    seconds = EPOCH_SECONDS.get(way.strategy.removesuffix("_PER_INTEREST"), 0.5)
    return 3.0 + seconds * float(way.config.get("epochs", 20))
