"""Processes that take steps of an evaluation in hand, one for each core: most steps need nothing of each other."""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from domain.errors.base import SegueError
from domain.settings import Settings
from jobs.evaluation.parts import Part, PartStore
from jobs.evaluation.steps.step import Step

if TYPE_CHECKING:
    from jobs.evaluation.run import Study

log = logging.getLogger(__name__)

# Seconds of expected work for which it is worth while to start other processes, which takes some itself.
WORTH_SECONDS = 60.0
LOOK_UP_SECONDS = 1.0


class Outcome(NamedTuple):
    """What became of a step: its `part`, or the `reason` why there is none."""

    part: Part | None
    reason: str = ""


class _Stopped(Exception):
    """Nobody waits for the step any more."""


def do(step: Step, parts: dict[str, Part], told: Callable[[str], None], store: PartStore, *, keep: bool) -> Outcome:
    """Work a step out, and keep what it found where `keep` says so and nothing was left out."""
    begun = time.monotonic()
    try:
        part = step.work(parts, told)
    except SegueError as error:
        log.warning("Not done: %s: %s", step.name, error)
        return Outcome(None, str(error))
    part = Part(part.figures, part.arrays, part.about, time.monotonic() - begun)
    if keep and not part.about.get("left_out"):
        store.write(step.key, part)
    return Outcome(part)


def worth_while(steps: Sequence[Step], cores: int) -> bool:
    return cores > 1 and sum(step.weight for step in steps) >= WORTH_SECONDS


def outcomes(
    study: Study, settings: Settings, steps: Sequence[Step], processes: int, look: Callable[[list[str]], None]
) -> Iterator[tuple[str, Outcome]]:
    """Steps' names and what became of them, each as soon as it is known, by so many `processes`. `look` is called now
    and then with the names of those in hand; what it raises ends all of them."""
    # Not forked: this process has threads.
    context = multiprocessing.get_context("spawn")
    stopping = context.Event()
    queue = [step.name for step in sorted(steps, key=lambda step: -step.weight)]
    waiting: dict[Future[Outcome], str] = {}
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(study, settings, stopping))
    with _stopped_in_the_end(pool, stopping):
        while queue or waiting:
            while queue and len(waiting) < processes:
                name = queue.pop(0)
                waiting[pool.submit(_do, name)] = name
            for future in wait(waiting, LOOK_UP_SECONDS, FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
            look(list(waiting.values()))


@contextmanager
def _stopped_in_the_end(pool: ProcessPoolExecutor, stopping: Event) -> Iterator[None]:
    """Those that are in the middle of a step end when they next tell of it."""
    try:
        yield
    finally:
        stopping.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _Helper:
    """What a helping process knows: the steps by name."""

    steps: dict[str, Step]
    store: PartStore
    stopping: Event


def _begin(study: Study, settings: Settings, stopping: Event) -> None:
    from jobs.evaluation.plan import plan

    Thread(target=_end_with_parent, daemon=True).start()
    _Helper.steps = {step.name: step for step in plan(None, study, settings)}
    _Helper.store = PartStore(settings.data_dir)
    _Helper.stopping = stopping


def _do(name: str) -> Outcome:
    def told(current: str) -> None:
        if _Helper.stopping.is_set():
            raise _Stopped

    return do(_Helper.steps[name], {}, told, _Helper.store, keep=True)


def _end_with_parent() -> None:
    """A process whose parent was killed would otherwise go on for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
