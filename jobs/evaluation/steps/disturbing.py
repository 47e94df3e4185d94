"""Hears excerpts as they are and disturbed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types

from domain.errors.base import SegueError
from domain.errors.recordings import AudioMissing, UnusableAudio
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.evaluation.archive import Archive
from jobs.evaluation.parts import Part, PartStore, key_of
from jobs.evaluation.steps.step import Told
from ml.audio import channel_blocks, downmix
from ml.backends.registry import load
from ml.evaluation.disturbances.registry import DISTURBANCES
from ml.evaluation.robustness import Excerpt, hear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.backends.protocol import Backend

SECONDS = 30.0


def disturbed(
    archive: Archive,
    names: Sequence[str],
    excerpts: Sequence[Excerpt],
    chosen: Sequence[str],
    settings: Settings,
    seed: int,
    told: Told,
    resume: bool,
) -> Part:
    """Hear excerpts as they are and disturbed; also tells how long each space took. A backend that cannot be loaded
    here, or an excerpt whose file cannot be read, is left out, and named.

    What each space heard is kept by itself, so that another space does not make it hear all of it again."""
    store = PartStore(settings.data_dir)
    keys = {name: _key(archive, name, excerpts, chosen, seed) for name in names}
    before = {name: part for name in names if resume and (part := store.read(keys[name])) is not None}
    found = _heard(archive, [name for name in names if name not in before], excerpts, chosen, settings, seed, told)
    for name, part in found.items():
        if not part.about["left_out"]:
            store.write(keys[name], part)
    parts = {name: (before | found)[name] for name in names}
    arrays = {f"{name}|{one}": each for name, part in parts.items() for one, each in part.arrays.items()}
    return Part(
        [],
        arrays,
        {
            "seconds": {name: part.about["seconds"] for name, part in parts.items() if part.about["seconds"]},
            "left_out": {key: why for part in parts.values() for key, why in part.about["left_out"].items()},
        },
    )


def _key(archive: Archive, space: str, excerpts: Sequence[Excerpt], chosen: Sequence[str], seed: int) -> str:
    """Of what a space hears: all that it depends on."""
    where = [[int(archive.ids[one.track]), round(one.start_seconds, 6)] for one in excerpts]
    about = {"seed": seed, "disturbances": list(chosen), "revision": archive.space(space).revision, "excerpts": where}
    return key_of(f"disturbed recordings in {space}", about)


def _heard(
    archive: Archive,
    names: Sequence[str],
    excerpts: Sequence[Excerpt],
    chosen: Sequence[str],
    settings: Settings,
    seed: int,
    told: Told,
) -> dict[str, Part]:
    """By space: vectors (excerpts, dimension) by disturbance, and the `rows` (excerpts,) of their tracks."""
    if not names:
        return {}
    backends, refused = _backends(names, settings)
    missing: dict[str, str] = {}
    ears = {name: _Ear(backend, told) for name, backend in backends.items()}
    audio = AudioSource.of(settings)
    some = {name: DISTURBANCES[name] for name in chosen}
    vectors: dict[str, dict[str, list[NDArray[np.float32]]]] = {name: {} for name in names}
    rows: list[int] = []
    for number, excerpt in enumerate(excerpts, 1):
        told(f"disturbing recordings: {archive.tracks[excerpt.track].title} ({number} of {len(excerpts)})")
        try:
            samples, rate = cut(archive, excerpt, audio)
            found_of = hear(ears, samples, rate, some, seed)
        except (AudioMissing, UnusableAudio, OSError) as error:
            missing[archive.tracks[excerpt.track].title] = str(error)
            continue
        rows.append(excerpt.track)
        for space, heard in found_of.items():
            for name, vector in heard.items():
                vectors[space].setdefault(name, []).append(vector)
    found = {}
    for space in names:
        stacked = {name: np.stack(each) for name, each in vectors[space].items()}
        ear = ears.get(space)
        about = {
            "seconds": [ear.work_seconds, ear.heard_seconds] if ear and ear.heard_seconds else [],
            "left_out": missing | {name: why for name, why in refused.items() if name == space},
        }
        found[space] = Part([], stacked | {"rows": np.array(rows if stacked else [], np.int64)}, about)
    return found


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
    """Hears samples at any rate, and counts what that took; tells each time that it does."""

    def __init__(self, backend: Backend, told: Told) -> None:
        self._backend = backend
        self._told = told
        self.work_seconds = 0.0
        self.heard_seconds = 0.0

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        self._told(f"disturbing recordings: in {self._backend.facts.name}")
        begun = time.perf_counter()
        wanted = self._backend.facts.sample_rate
        resampled = samples if rate == wanted else soxr.resample(samples, rate, wanted)
        vector = self._backend.embed([np.ascontiguousarray(resampled, dtype=np.float32)]).vector
        self.work_seconds += time.perf_counter() - begun
        self.heard_seconds += len(samples) / rate
        return vector
