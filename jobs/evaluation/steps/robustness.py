"""How far a space is moved by what happens to recordings: noise, hum, old equipment, lossy files, a hall."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types

from domain.errors.base import SegueError
from domain.errors.recordings import AudioMissing, UnusableAudio
from domain.experiments import Figure
from domain.settings import Settings
from domain.spaces import find_facts
from jobs.audio_source import AudioSource
from jobs.evaluation.archive import Archive
from jobs.evaluation.figures import Metric, estimated
from jobs.evaluation.parts import Part
from jobs.evaluation.steps.step import Parts, Step, Told
from ml.audio import channel_blocks, downmix
from ml.backends.registry import load
from ml.evaluation.disturbances.registry import DISTURBANCES
from ml.evaluation.robustness import UNDISTURBED, Excerpt, choose_excerpts, hear, robustness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.backends.protocol import Backend

ROBUSTNESS = "robustness"
DISTURBED = "disturbed recordings, compared"
MOST = {True: 60, False: 4}
SECONDS = 30.0
QUICK = ("noise", "mp3", "band")
# So many are heard in one step, so that little is lost when it is interrupted.
EXCERPTS_A_STEP = 10
# Of work, for one excerpt under one disturbance in one space.
SECONDS_EACH = 0.15


def robustness_steps(archive: Archive, settings: Settings, seed: int, *, full: bool) -> list[Step]:
    """Steps that hear a few excerpts each, in all spaces that a backend hears, and one that compares."""
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
                lambda parts, told, some=some: disturbed(archive, names, some, chosen, settings, seed, told),  # type: ignore[misc]  # a bound default
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
        after=heard,
    )
    return [*steps, whole]


def disturbed(
    archive: Archive,
    names: Sequence[str],
    excerpts: Sequence[Excerpt],
    chosen: Sequence[str],
    settings: Settings,
    seed: int,
    told: Told,
) -> Part:
    """Hear excerpts as they are and disturbed; also tells how long each space took. A backend that cannot be loaded
    here, or an excerpt whose file cannot be read, is left out, and named."""
    backends, left_out = _backends(names, settings)
    ears = {name: _Ear(backend) for name, backend in backends.items()}
    audio = AudioSource.of(settings)
    some = {name: DISTURBANCES[name] for name in chosen}
    vectors: dict[str, list[NDArray[np.float32]]] = {}
    rows: list[int] = []
    for number, excerpt in enumerate(excerpts, 1):
        told(f"disturbing recordings: {archive.tracks[excerpt.track].title} ({number} of {len(excerpts)})")
        try:
            samples, rate = cut(archive, excerpt, audio)
        except (AudioMissing, UnusableAudio, OSError) as error:
            left_out[archive.tracks[excerpt.track].title] = str(error)
            continue
        rows.append(excerpt.track)
        for space, heard in hear(ears, samples, rate, some, seed).items():
            for name, vector in heard.items():
                vectors.setdefault(f"{space}|{name}", []).append(vector)
    arrays: dict[str, NDArray[Any]] = {name: np.stack(each) for name, each in vectors.items()}  # Any: of numbers
    arrays["rows"] = np.array(rows, np.int64)
    seconds = {name: [ear.work_seconds, ear.heard_seconds] for name, ear in ears.items()}
    return Part([], arrays, {"seconds": seconds, "left_out": left_out})


def compare(
    archive: Archive, names: Sequence[str], chosen: Sequence[str], heard: Sequence[str], parts: Parts, seed: int
) -> Part:
    """Neighbours of disturbed excerpts against those of undisturbed ones. Raises AudioMissing where none could be
    heard."""
    rows = np.concatenate([parts[step].arrays["rows"] for step in heard])
    if not len(rows):
        raise AudioMissing(path="every excerpt's recording")
    figures: list[Figure] = []
    seconds: dict[str, list[float]] = {}
    for name in names:
        found = {
            one: [parts[step].arrays[f"{name}|{one}"] for step in heard if f"{name}|{one}" in parts[step].arrays]
            for one in (UNDISTURBED, *chosen)
        }
        if not found[UNDISTURBED]:
            continue
        told = [parts[step].about["seconds"][name] for step in heard if name in parts[step].about["seconds"]]
        seconds[name] = [sum(one[0] for one in told), sum(one[1] for one in told)]
        stacked = {one: np.concatenate(each) for one, each in found.items()}
        clean = stacked.pop(UNDISTURBED)
        for one in robustness(clean, stacked, archive.space(name).vectors, rows):
            figures += estimated(
                {Metric("overlap", 10): one.overlap, Metric("recall", 1): one.recall},
                archive.pieces[rows],
                np.random.default_rng([seed, 92]),
                part=ROBUSTNESS,
                task=one.name,
                space=name,
            )
    return Part(figures, about={"seconds": seconds})


def cut(archive: Archive, excerpt: Excerpt, audio: AudioSource) -> tuple[NDArray[np.float32], int]:
    """The excerpt in mono, (samples,), and its rate in Hz. Raises AudioMissing, UnusableAudio."""
    parts: list[NDArray[np.float32]] = []
    rate, passed = 0, 0
    with audio.open(archive.tracks[excerpt.track].paths) as path:
        for block, block_rate in channel_blocks(path):
            rate = rate or block_rate
            if block_rate != rate:
                break
            first, last = round(excerpt.start_seconds * rate), round((excerpt.start_seconds + SECONDS) * rate)
            begin, end = max(0, first - passed), min(block.shape[1], last - passed)
            if begin < end:
                parts.append(downmix(block[:, begin:end]))
            passed += block.shape[1]
            if passed >= last:
                break
    if not parts:
        raise UnusableAudio(path=path, reason="it ends before the excerpt begins")
    return np.concatenate(parts), rate


def _backends(names: Sequence[str], settings: Settings) -> tuple[dict[str, Backend], dict[str, str]]:
    """Those that can be loaded here, and why others cannot."""
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    found: dict[str, Backend] = {}
    refused: dict[str, str] = {}
    for name in names:
        try:
            found[name] = load(name, threads, device=settings.device, weights=settings.weights_folder)
        except SegueError as error:
            refused[name] = str(error)
    return found, refused


class _Ear:
    """Hears samples at any rate, and counts what that took."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.work_seconds = 0.0
        self.heard_seconds = 0.0

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        begun = time.perf_counter()
        wanted = self._backend.facts.sample_rate
        resampled = samples if rate == wanted else soxr.resample(samples, rate, wanted)
        vector = self._backend.embed([np.ascontiguousarray(resampled, dtype=np.float32)]).vector
        self.work_seconds += time.perf_counter() - begun
        self.heard_seconds += len(samples) / rate
        return vector
