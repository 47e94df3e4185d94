"""Cuts a stream of samples into the windows that a network hears."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from domain.spaces import BackendFacts
from ml.backends.protocol import Vector


def windows(blocks: Iterable[Vector], facts: BackendFacts) -> Iterator[Vector]:
    """The patches of a recording that `facts` describe, as windows of samples (samples,), not to be written to.

    All are `facts.patch_seconds` long, but what is left at the end is a shorter one if it is long enough and holds
    anything new. A recording shorter than the shortest patch is followed by silence. Memory is bounded by the longest
    block and a patch.
    """
    size, hop = _samples(facts.patch_seconds, facts), _samples(facts.hop_seconds, facts)
    shortest = size if facts.min_patch_seconds is None else _samples(facts.min_patch_seconds, facts)
    waiting: list[Vector] = []
    waiting_samples = count = 0
    for block in blocks:
        waiting.append(block)
        waiting_samples += len(block)
        if waiting_samples >= size:
            joined = np.concatenate(waiting)
            start = 0
            while len(joined) - start >= size:
                yield joined[start : start + size]
                start, count = start + hop, count + 1
            waiting = [joined[start:].copy()]  # the rest must not keep all of it alive
            waiting_samples = len(waiting[0])
    heard_before = size - hop if count else 0
    if waiting_samples >= shortest and waiting_samples > heard_before:
        yield np.concatenate(waiting)
    elif waiting_samples and not count:
        yield np.concatenate([*waiting, np.zeros(shortest - waiting_samples, np.float32)])


def batches(cut: Iterable[Vector], size: int) -> Iterator[Vector]:
    """Windows of one length in batches (windows, samples) of at most `size`; a shorter one is a batch of its own.

    Where a batch begins depends on nothing but the window's number.
    """
    batch: list[Vector] = []
    for window in cut:
        if batch and len(window) != len(batch[0]):
            yield np.stack(batch)
            batch = []
        batch.append(window)
        if len(batch) == size:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)


def _samples(seconds: float, facts: BackendFacts) -> int:
    return round(seconds * facts.sample_rate)
