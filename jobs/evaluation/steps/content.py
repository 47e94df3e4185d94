"""Without any listener: does a space find what belongs together by the catalogue's own truths?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive, EvaluatedSpace
from jobs.evaluation.figures import Metric, all_pairs, compared, estimated
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.step import Parts, Step
from ml.evaluation.content import confound, retrieval
from ml.evaluation.content.tasks import Task, tasks
from ml.evaluation.content.truths import Truths

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTENT, CONFOUND = "content", "confound"
K = 5
COMPARED = Metric("ndcg", K)


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
            weight=10.0,
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
        arrays[f"{task.name} queries"] = found.queries
    return Part([*figures, *_microphone(archive, space, seed)], arrays)


def compare(archive: Archive, parts: Parts, seed: int) -> Part:
    """Every pair of spaces on every task, over the queries that both answer."""
    figures: list[Figure] = []
    for task in tasks(archive.truths):
        values, queries = {}, np.empty(0, np.int64)
        for space in archive.spaces:
            arrays = parts[step_name(space.name)].arrays
            if f"{task.name} queries" in arrays:
                values[space.name] = arrays[f"{task.name} {COMPARED.text}"]
                queries = arrays[f"{task.name} queries"]
        if not len(queries):
            continue
        random = np.random.default_rng([seed, 31, len(task.name)])
        found = all_pairs(values, archive.pieces[queries], random)
        names: dict[str, tuple[str | None, str | None]] = {name: (name, None) for name in values}
        figures += compared(found, names, COMPARED, len(queries), part=CONTENT, task=task.name)
    return Part(figures)


def _chance(archive: Archive, seed: int) -> Part:
    figures: list[Figure] = []
    for task in tasks(archive.truths):
        found = retrieval.chance(task)
        figures += _figures(found, archive.pieces[found.queries], seed, task, strategy="chance")
    return Part(figures)


def _figures(found: retrieval.Retrieval, units: NDArray[np.int64], seed: int, task: Task, **about: str) -> list[Figure]:
    values = {_metric(name): each for name, each in found.values.items()}
    random = np.random.default_rng([seed, 30])
    return estimated(values, units, random, part=CONTENT, task=task.name, **about)


def _metric(name: str) -> Metric:
    """ "ndcg@5" is NDCG at 5; "mrr" has no length."""
    metric, at, k = name.partition("@")
    return Metric(metric, int(k) if at else None)


def _microphone(archive: Archive, space: EvaluatedSpace, seed: int) -> list[Figure]:
    truths = archive.truths
    if truths.composer is None or truths.album is None:
        return []
    found = confound.confound(space.vectors, truths.composer, truths.album, truths.work)
    about = {"part": CONFOUND, "task": "composer", "space": space.name}
    figures: list[Figure] = []
    if len(found.queries):
        values = {
            Metric("same album", K): found.same_album,
            Metric("same album by chance", K): found.chance,
            Metric("excess", K): found.excess,
        }
        figures += estimated(values, archive.pieces[found.queries], np.random.default_rng([seed, 32]), **about)
    if len(found.mixed_queries):
        nearer = {Metric("album mate nearer"): found.microphone}
        figures += estimated(nearer, archive.pieces[found.mixed_queries], np.random.default_rng([seed, 33]), **about)
    return figures


def _own_tags(archive: Archive, space: EvaluatedSpace) -> bool:
    return archive.named.get("tags") == "a backend" and archive.tags_of == space.name
