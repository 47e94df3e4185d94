"""What each space keeps of the music: traditional recognition tasks, from few labelled examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.archive import Archive, EvaluatedSpace
from jobs.evaluation.figures import NOT_DISTINGUISHABLE, number
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.content import truths_for
from jobs.evaluation.steps.step import Parts, Step, Told
from ml.evaluation.probes.curve import Target, gained, probe_curve
from ml.evaluation.probes.probe import Kind
from ml.evaluation.statistics.comparisons import ALPHA
from ml.evaluation.statistics.holm import holm

PROBE, GAIN = "probe", "gain by fine-tuning"
SIZES = {True: (5, 10, 20, 50, 100, 200), False: (20, 100)}
REPEATS = {True: 5, False: 3}
# Frozen vectors with a linear probe or nearest neighbours, and a small adapter fine-tuned on the same examples.
KINDS: dict[bool, tuple[Kind, ...]] = {True: ("linear", "knn", "adapter"), False: ("linear", "knn")}
METRICS = {"label": "balanced accuracy", "number": "R²", "tags": "mean average precision"}
# What a score can be at all, which an interval of few repeats does not know.
BOUNDS = {True: (-1.0, 1.0), False: (0.0, 1.0)}


def probing_steps(archive: Archive, seed: int, *, full: bool) -> list[Step]:
    """A step for each space and target, and one that compares."""
    about = {"archive": archive.sha256, "seed": seed, "full": full}
    steps = [
        Step(
            step_name(space.name, target.name),
            about | {"vectors": space.sha256, "target": target.name},
            lambda parts, told, space=space, target=target: probed(space, target, seed, told, full=full),  # type: ignore[misc]  # bound defaults
            weight=8.0 if full else 1.0,
        )
        for space in archive.spaces
        for target in targets(archive, space)
    ]
    every = {"steps": [step.key for step in steps]}
    return [*steps, Step("fine-tuning, compared", every, lambda parts, told: fine_tuned(archive, parts), joins=True)]


def step_name(space: str, target: str) -> str:
    return f"probing {space} for {target}"


def targets(archive: Archive, space: EvaluatedSpace) -> list[Target]:
    """What there is to be recognized; pieces are never on both sides."""
    truths, pieces = truths_for(archive, space), archive.pieces
    labels = {
        "composer": truths.composer,
        "genre": archive.genre,
        "instrument": truths.instrument,
        "ensemble": truths.ensemble,
    }
    found = [Target(name, each, pieces, numeric=False) for name, each in labels.items() if each is not None]
    numbers = {"tempo": archive.tempo, "dynamics": archive.dynamics}
    found += [Target(name, each, pieces, numeric=True) for name, each in numbers.items() if each is not None]
    if truths.tags is not None:
        found.append(Target("tags", truths.tags, pieces, numeric=False))
    return found


def probed(space: EvaluatedSpace, target: Target, seed: int, told: Told, *, full: bool) -> Part:
    """A learning curve for each kind of probe, and what fine-tuning an adapter gains over a frozen one, (numbers of
    examples, 5): examples, difference, its interval, p. Intervals are over repeated draws of pieces and examples."""
    random = np.random.default_rng([seed, 70])
    name = step_name(space.name, target.name)
    points = probe_curve(space.vectors, target, KINDS[full], SIZES[full], REPEATS[full], random, lambda: told(name))
    figures = [
        Figure(
            part=PROBE,
            task=target.name,
            metric=metric_of(target),
            value=number(point.score),
            low=number(max(point.interval.low, BOUNDS[target.numeric][0])),
            high=number(min(point.interval.high, BOUNDS[target.numeric][1])),
            cases=len(point.scores),
            space=space.name,
            config={
                "probe": point.kind,
                "examples": point.examples,
                "classes": point.classes,
                "chance": number(point.chance),
                "gap": number(point.gap.estimate),
            },
        )
        for point in points
    ]
    gains = [(size, *gain.interval, gain.p) for size, gain in gained(points, "adapter", "linear").items()]
    return Part(figures, {GAIN: np.array(gains, np.float64).reshape(-1, 5)})


def fine_tuned(archive: Archive, parts: Parts) -> Part:
    """What fine-tuning an adapter gains over a frozen probe, corrected for all that was compared: every space, aspect
    and number of examples."""
    found = [
        (space.name, target, row)
        for space in archive.spaces
        for target in targets(archive, space)
        if step_name(space.name, target.name) in parts
        for row in parts[step_name(space.name, target.name)].arrays[GAIN].tolist()
        if np.isfinite(row[-1])
    ]
    adjusted = holm(np.array([row[-1] for *_, row in found], np.float64)).tolist()
    return Part([_gain(*each, p) for each, p in zip(found, adjusted, strict=True)])


def _gain(space: str, target: Target, row: Sequence[float], adjusted: float) -> Figure:
    examples, value, low, high, p = row
    verdict = NOT_DISTINGUISHABLE if adjusted >= ALPHA or low <= 0 <= high else "better" if value > 0 else "worse"
    return Figure(
        part=GAIN,
        task=target.name,
        metric=f"difference of {metric_of(target)}",
        value=number(value),
        low=number(low),
        high=number(high),
        space=space,
        config={
            "probe": "adapter",
            "over": "linear",
            "examples": int(examples),
            "p": number(p),
            "adjusted_p": number(adjusted),
            "verdict": verdict,
        },
    )


def metric_of(target: Target) -> str:
    if target.numeric:
        return METRICS["number"]
    return METRICS["tags" if np.ndim(target.labels) == 2 else "label"]


def largest(figures: Sequence[Figure], kind: str = "linear") -> Figure | None:
    """The figure of a kind of probe with the most examples."""
    found = [figure for figure in figures if figure.config.get("probe") == kind and figure.value is not None]
    return max(found, key=lambda figure: figure.config["examples"], default=None)
