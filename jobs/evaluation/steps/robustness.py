"""How far a space is moved by what happens to recordings: noise, hum, old equipment, lossy files, a hall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.errors.recordings import AudioMissing
from domain.experiments import Figure
from domain.settings import Settings
from domain.spaces import find_facts
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import Metric, all_pairs, compared, estimated
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.disturbing import SECONDS, disturbed
from jobs.evaluation.steps.step import Parts, Step
from ml.evaluation.disturbances.registry import DISTURBANCES
from ml.evaluation.robustness import UNDISTURBED, choose_excerpts, robustness

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROBUSTNESS = "robustness"
ALL = "all disturbances"
DISTURBED = "disturbed recordings, compared"
MOST = {True: 60, False: 4}
QUICK = ("noise", "mp3", "band")
# So many are heard in one step, so that little is lost when it is interrupted.
EXCERPTS_A_STEP = 10
# Of work, for one excerpt under one disturbance in one space.
SECONDS_EACH = 0.15


def robustness_steps(archive: Archive, settings: Settings, seed: int, *, full: bool, resume: bool) -> list[Step]:
    """Steps that hear a few excerpts each, in all spaces that a backend hears, and one that compares. With `resume`
    only those spaces hear them that have not yet."""
    names = [space.name for space in archive.spaces if space.backend != "random" and find_facts(space.name) is not None]
    if not names:
        return []
    chosen = [name for name in DISTURBANCES if full or name.startswith(QUICK)]
    excerpts = choose_excerpts(archive.durations, np.random.default_rng([seed, 90]), most=MOST[full], seconds=SECONDS)
    revisions = {name: archive.space(name).revision for name in names}
    about: dict[str, Any] = {"seed": seed, "disturbances": chosen, "spaces": revisions}  # Any: JSON
    steps = []
    for start in range(0, len(excerpts), EXCERPTS_A_STEP):
        some = excerpts[start : start + EXCERPTS_A_STEP]
        where = [[int(archive.ids[one.track]), round(one.start_seconds, 6)] for one in some]
        steps.append(
            Step(
                f"disturbing recordings, {start + 1} to {start + len(some)}",
                about | {"excerpts": where},
                lambda parts, told, some=some: disturbed(archive, names, some, chosen, settings, seed, told, resume),  # type: ignore[misc]  # a bound default
                weight=1.0 + SECONDS_EACH * len(some) * len(names) * (1 + len(chosen)),
            )
        )
    heard = tuple(step.name for step in steps)
    hashes = {name: archive.space(name).sha256 for name in names}
    every = about | {"vectors": hashes, "steps": [step.key for step in steps]}
    whole = Step(
        DISTURBED,
        every,
        lambda parts, told: compare(archive, names, chosen, heard, parts, seed),
        weight=3.0,
        joins=True,
        after=heard,
    )
    return [*steps, whole]


def compare(
    archive: Archive, names: Sequence[str], chosen: Sequence[str], heard: Sequence[str], parts: Parts, seed: int
) -> Part:
    """Neighbours of disturbed excerpts against those of undisturbed ones. Raises AudioMissing where none could be
    heard."""
    figures: list[Figure] = []
    seconds: dict[str, list[float]] = {}
    overlaps: dict[str, NDArray[np.float64]] = {}
    rows: dict[str, NDArray[np.int64]] = {}
    for name in names:
        found = {
            one: [parts[step].arrays[f"{name}|{one}"] for step in heard if f"{name}|{one}" in parts[step].arrays]
            for one in (UNDISTURBED, *chosen)
        }
        if not found[UNDISTURBED]:
            continue
        rows[name] = np.concatenate([parts[step].arrays[f"{name}|rows"] for step in heard])
        told = [parts[step].about["seconds"][name] for step in heard if name in parts[step].about["seconds"]]
        seconds[name] = [sum(one[0] for one in told), sum(one[1] for one in told)]
        stacked = {one: np.concatenate(each) for one, each in found.items()}
        clean = stacked.pop(UNDISTURBED)
        every = robustness(clean, stacked, archive.space(name).vectors, rows[name])
        overlaps[name] = np.mean([one.overlap for one in every if one.name != UNDISTURBED], axis=0)
        for one in every:
            figures += estimated(
                {Metric("overlap", 10): one.overlap, Metric("recall", 1): one.recall},
                archive.pieces[rows[name]],
                np.random.default_rng([seed, 92]),
                part=ROBUSTNESS,
                task=one.name,
                space=name,
            )
    if not rows:
        raise AudioMissing(path="every excerpt's recording")
    first = next(iter(rows.values()))
    alike = {name: values for name, values in overlaps.items() if np.array_equal(rows[name], first)}
    return Part([*figures, *_spaces_compared(alike, archive.pieces[first], seed)], about={"seconds": seconds})


def _spaces_compared(overlaps: dict[str, NDArray[np.float64]], pieces: NDArray[np.int64], seed: int) -> list[Figure]:
    """Which space is moved less, by the mean overlap (excerpts,) over all disturbances."""
    names: dict[str, tuple[str | None, str | None]] = {name: (name, None) for name in overlaps}
    metric = Metric("overlap", 10)
    figures = [
        figure
        for name, values in overlaps.items()
        for figure in estimated(
            {metric: values}, pieces, np.random.default_rng([seed, 93]), part=ROBUSTNESS, task=ALL, space=name
        )
    ]
    found = all_pairs(overlaps, pieces, np.random.default_rng([seed, 94]))
    return [*figures, *compared(found, names, metric, len(pieces), part=ROBUSTNESS, task=ALL)]
