"""With listeners: does a way find what they heard next, among what is known and among what nobody has heard?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import METADATA, RANDOM, Archive
from jobs.evaluation.figures import Metric, all_pairs, compared, estimated, number, with_one
from jobs.evaluation.listening import Split
from jobs.evaluation.parts import Part
from jobs.evaluation.refusing import require_fair
from jobs.evaluation.steps.step import Parts, Step, Told
from jobs.evaluation.ways import KNN, PAIRS, Way, popular, scores_of
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
from ml.training.data import Cases
from ml.training.watch import Progress, Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.statistics.comparisons import Comparison

K = 10
COMPARED = Metric("ndcg", K)
HOT, COLD, COLD_AMONG_COLD, AGAIN, SEEN = "hot", "cold", "cold among cold", "repeated", "seen in training"
# What somebody is asked to find, and where among.
PARTS = {
    HOT: "tracks that were heard in training and are new to the listener, among all tracks",
    COLD: "tracks that nobody was heard to play in training, among all tracks",
    COLD_AMONG_COLD: "tracks that nobody was heard to play in training, among such tracks alone",
    AGAIN: "whatever the listener played next, what they had heard before included, among all tracks",
    SEEN: "what models learned from: how much better they do on it tells how far they overfit",
}
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
        )
    )
    return steps


def recommend(archive: Archive, split: Split, way: Way, seed: int, told: Told) -> Part:
    """Train the way and ask it everything. Raises TestRowsTrainedOn where what is asked was in its training."""
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
    against one for each interest."""
    figures: list[Figure] = []
    named = {way.name: (way.space, way.strategy) for way in chosen}
    for asked in questions(split, len(archive)):
        if asked.part == SEEN:
            continue
        values = {way.name: parts[step_name(way)].arrays[asked.part] for way in chosen}
        users, count = asked.cases.users, len(asked.cases)

        def add(found: list[Comparison], task: str, part: str = asked.part, count: int = count) -> None:
            figures.extend(compared(found, named, COMPARED, count, part=part, task=task))

        best = best_of(values)
        add(with_one(best, values, users, np.random.default_rng([seed, 50])), "against the best")
        for strategy in dict.fromkeys(way.strategy for way in chosen if way.space not in (None, METADATA)):
            own = {way.name: values[way.name] for way in chosen if way.strategy == strategy and way.space != METADATA}
            add(all_pairs(own, users, np.random.default_rng([seed, 51])), "spaces")
        for single, several in PAIRS:
            for way in chosen:
                if way.strategy == several:
                    pair = {name: values[name] for name in (way.name, f"{single} on {way.space}") if name in values}
                    add(all_pairs(pair, users, np.random.default_rng([seed, 52])), "interests")
    return Part(figures)


def best_of(values: dict[str, NDArray[np.float64]]) -> str:
    """The name with the highest mean; of equal ones the first. Random vectors are no candidate where there are
    others."""
    real = {name: each for name, each in values.items() if not name.endswith(f" on {RANDOM}")} or values
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
