"""Without any listener: does a space find what belongs together by the catalogue's own truths?"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive, EvaluatedSpace
from jobs.evaluation.figures import Metric, all_pairs, compared, estimated
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.step import Parts, Step
from ml.evaluation.content import retrieval
from ml.evaluation.content.confound import Confound, confound
from ml.evaluation.content.tasks import Task, tasks
from ml.evaluation.content.truths import Truths
from ml.evaluation.statistics.comparisons import compare_with, corrected_together

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTENT, CONFOUND = "content", "confound"
CHANCE = "chance"
K = 5
COMPARED = Metric("ndcg", K)
SAME_ALBUM, BY_CHANCE, ALBUM_QUERIES = "same album", "same album by chance", "same album queries"


def content_steps(archive: Archive, seed: int) -> list[Step]:
    """A step for each space, and one that compares them."""
    about = {"archive": archive.sha256, "seed": seed}
    names = {space.name: step_name(space.name) for space in archive.spaces}
    steps = [
        Step(
            names[space.name],
            about | {"vectors": space.sha256, "tags": _own_tags(archive, space)},
            lambda parts, told, space=space: measure(archive, space, seed),  # type: ignore[misc]  # a bound default
            weight=2.0,
        )
        for space in archive.spaces
    ]
    steps.append(Step("content, chance", about, lambda parts, told: _chance(archive, seed), weight=1.0))
    hashes = {space.name: space.sha256 for space in archive.spaces}
    steps.append(
        Step(
            "content, compared",
            about | {"vectors": hashes},
            lambda parts, told: compare(archive, parts, seed),
            weight=5.0,
            joins=True,
        )
    )
    return steps


def step_name(space: str) -> str:
    return f"content of {space}"


def truths_for(archive: Archive, space: EvaluatedSpace) -> Truths:
    """A space is not asked for its own tags."""
    return archive.truths._replace(tags=None) if _own_tags(archive, space) else archive.truths


def measure(archive: Archive, space: EvaluatedSpace, seed: int) -> Part:
    """Leave-one-out retrieval of every task, and the confound check."""
    figures: list[Figure] = []
    arrays: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {}
    for task in tasks(truths_for(archive, space)):
        found = retrieval.retrieve(space.vectors, task)
        units = archive.pieces[found.queries]
        figures += _figures(found, units, seed, task, space=space.name)
        arrays[f"{task.name} {COMPARED.text}"] = found.values[COMPARED.text]
    heard = _microphone(archive, space)
    if heard is None:
        return Part(figures, arrays)
    arrays |= {SAME_ALBUM: heard.same_album, BY_CHANCE: heard.chance, ALBUM_QUERIES: heard.queries}
    return Part([*figures, *_microphone_figures(archive, space, heard, seed)], arrays)


def compare(archive: Archive, parts: Parts, seed: int) -> Part:
    """Every pair of spaces on every task, over the queries that both answer, corrected for all pairs and tasks
    together; and each space's same-album neighbours against chance."""
    asked: list[tuple[Task, dict[str, NDArray[np.float64]]]] = []
    for task in tasks(archive.truths):
        found = {space.name: parts[step_name(space.name)].arrays for space in archive.spaces}
        key = f"{task.name} {COMPARED.text}"
        asked.append((task, {name: arrays[key] for name, arrays in found.items() if key in arrays}))
    together = sum(comb(len(values), 2) for _, values in asked)
    families = [
        all_pairs(values, archive.pieces[task.queries], np.random.default_rng([seed, 31, number]), together)
        for number, (task, values) in enumerate(asked)
    ]
    figures: list[Figure] = []
    for (task, values), family in zip(asked, corrected_together(families), strict=True):
        names: dict[str, tuple[str | None, str | None]] = {name: (name, None) for name in values}
        figures += compared(family, names, COMPARED, len(task.queries), part=CONTENT, task=task.name)
    return Part([*figures, *_microphones_compared(archive, parts, seed)])


def _microphones_compared(archive: Archive, parts: Parts, seed: int) -> list[Figure]:
    """Chance is the same for all spaces: it is what the albums of each query's composer are like."""
    found = {space.name: parts[step_name(space.name)].arrays for space in archive.spaces}
    known = {name: arrays for name, arrays in found.items() if SAME_ALBUM in arrays}
    if not known:
        return []
    first = next(iter(known.values()))
    values = {name: arrays[SAME_ALBUM] for name, arrays in known.items()} | {CHANCE: first[BY_CHANCE]}
    units = archive.pieces[first[ALBUM_QUERIES]]
    names: dict[str, tuple[str | None, str | None]] = {name: (name, None) for name in known} | {CHANCE: (None, CHANCE)}
    family = compare_with(CHANCE, values, units, np.random.default_rng([seed, 34]))
    return compared(family, names, Metric(SAME_ALBUM, K), len(units), part=CONFOUND, task="composer")


def _chance(archive: Archive, seed: int) -> Part:
    figures: list[Figure] = []
    for task in tasks(archive.truths):
        found = retrieval.chance(task)
        figures += _figures(found, archive.pieces[found.queries], seed, task, strategy=CHANCE)
    return Part(figures)


def _figures(found: retrieval.Retrieval, units: NDArray[np.int64], seed: int, task: Task, **about: str) -> list[Figure]:
    values = {_metric(name): each for name, each in found.values.items()}
    random = np.random.default_rng([seed, 30])
    return estimated(values, units, random, part=CONTENT, task=task.name, **about)


def _metric(name: str) -> Metric:
    """ "ndcg@5" is NDCG at 5; "mrr" has no length."""
    metric, at, k = name.partition("@")
    return Metric(metric, int(k) if at else None)


def _microphone(archive: Archive, space: EvaluatedSpace) -> Confound | None:
    """None where nothing tells."""
    truths = archive.truths
    if truths.composer is None or truths.album is None:
        return None
    found = confound(space.vectors, truths.composer, truths.album, truths.work)
    return found if len(found.queries) else None


def _microphone_figures(archive: Archive, space: EvaluatedSpace, heard: Confound, seed: int) -> list[Figure]:
    about = {"part": CONFOUND, "task": "composer", "space": space.name}
    values = {
        Metric(SAME_ALBUM, K): heard.same_album,
        Metric(BY_CHANCE, K): heard.chance,
        Metric("excess", K): heard.excess,
    }
    figures = estimated(values, archive.pieces[heard.queries], np.random.default_rng([seed, 32]), **about)
    if len(heard.mixed_queries):
        nearer = {Metric("album mate nearer"): heard.microphone}
        figures += estimated(nearer, archive.pieces[heard.mixed_queries], np.random.default_rng([seed, 33]), **about)
    return figures


def _own_tags(archive: Archive, space: EvaluatedSpace) -> bool:
    return archive.named.get("tags") == "a backend" and archive.tags_of == space.name
