"""Work for confined processes that goes wrong in every way there is; made by name, as `jobs.hearing.decoding` is.

What a work finds out it says as the reason of an UnusableAudio.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np

from domain.errors.machine import WeightsMissing
from domain.errors.recordings import UnusableAudio
from domain.spaces import backend_facts
from jobs.hearing.decoding import Work
from ml.backends.protocol import Means
from ml.container import Watch
from ml.waveform import POINTS

Answer = tuple[dict[str, object], bytes]
Make = Callable[[str | None, Means], Work]


def making(work: Work) -> Make:
    return lambda backend, means: work


def _die(number: int) -> Work:
    def work(path: Path, watch: Watch) -> Answer:
        os.kill(os.getpid(), number)
        time.sleep(60)
        raise AssertionError

    return work


segfault = making(_die(signal.SIGSEGV))
abort = making(_die(signal.SIGABRT))
kill = making(_die(signal.SIGKILL))


@making
def leave(path: Path, watch: Watch) -> Answer:
    os._exit(3)


@making
def hang(path: Path, watch: Watch) -> Answer:
    time.sleep(60)
    raise AssertionError


@making
def creep(path: Path, watch: Watch) -> NoReturn:
    """A hundredth of a second of audio for every second, and no end."""
    started = time.monotonic()
    while True:
        watch(0.01 * (time.monotonic() - started))
        time.sleep(0.05)


@making
def never_end(path: Path, watch: Watch) -> NoReturn:
    seconds = 0.0
    while True:
        seconds += 3.0
        watch(seconds)


@making
def hoard(path: Path, watch: Watch) -> NoReturn:
    kept = []
    while True:
        kept.append(np.ones(10_000_000))


@making
def stumble(path: Path, watch: Watch) -> NoReturn:
    raise ZeroDivisionError("header\nof doom")


@making
def fault(path: Path, watch: Watch) -> NoReturn:
    raise OSError(5, "whatever it is called here")


@making
def mumble(path: Path, watch: Watch) -> Answer:
    sys.stdout.write("a library says hello\n")
    sys.stdout.flush()
    os.write(1, b"\xff" * 1000)
    return heard(), payload()


@making
def babble(path: Path, watch: Watch) -> Answer:
    for descriptor in range(3, 16):
        try:
            os.write(descriptor, b"\xff" * 1000)
        except OSError:
            continue
    time.sleep(60)
    raise AssertionError


@making
def claim_years(path: Path, watch: Watch) -> Answer:
    return heard(heard_seconds=1e9, bounds=[(0.0, 1e9)]), payload()


@making
def say_not_a_number(path: Path, watch: Watch) -> Answer:
    return heard(), b"\xff" * len(payload())


@making
def say_patches_that_are_not_numbers(path: Path, watch: Watch) -> Answer:
    said = payload()
    return heard(), said[: -2 * POINTS - 2] + b"\xff\xff" + said[-2 * POINTS :]


@making
def say_more_patches_than_segments_hold(path: Path, watch: Watch) -> Answer:
    patches = np.ones((6, 200), "<f2").tobytes()
    return heard(patches=6), payload()[:1800] + patches + bytes(2 * POINTS)


@making
def claim_to_be_a_picture(path: Path, watch: Watch) -> Answer:
    return seen(), b"<svg/>"


@making
def claim_a_program_for_a_thumbnail(path: Path, watch: Watch) -> Answer:
    return seen(thumbnail_bytes=6), b"\xff\xd8\xff" + b"<svg/>"


@making
def say_too_little(path: Path, watch: Watch) -> Answer:
    return heard(), payload()[:-4]


def poison(backend: str | None, means: Means) -> Work:
    """Whoever comes second crashes."""
    heard_before: list[Path] = []

    def work(path: Path, watch: Watch) -> Answer:
        heard_before.append(path)
        if len(heard_before) == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        return heard(), payload()

    return work


@making
def snoop(path: Path, watch: Watch) -> NoReturn:
    """Says which of the things that it has no business to do it could do."""
    done = []

    def attempt(name: str, action: Callable[[], object]) -> None:
        try:
            action()
        except (OSError, RuntimeError, ValueError):
            return
        done.append(name)

    def open_many() -> None:
        files = [path.open("rb") for _ in range(20)]
        for file in files:
            file.close()

    attempt("open many files", open_many)
    attempt("write a file", lambda: path.with_suffix(".written").write_bytes(b"x"))
    if os.getuid():  # root is not bound by these
        attempt("raise a limit", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        attempt("start a thread", threading.Thread(target=time.time).start)
        attempt("start a process", os.fork)
    raise UnusableAudio(path=path, reason=", ".join(done) or "nothing")


@making
def tell_secrets(path: Path, watch: Watch) -> NoReturn:
    names = sorted(name for name in os.environ if name.startswith(("SEGUE_", "AWS_", "PG")))
    raise UnusableAudio(path=path, reason=" ".join(names) or "none")


def no_weights(backend: str | None, means: Means) -> Work:
    raise WeightsMissing(backend=backend, looked="/weights", remedy="Install them.")


def no_package(backend: str | None, means: Means) -> Work:
    raise ImportError("No module named 'torch'")


def no_start(backend: str | None, means: Means) -> Work:
    sys.stderr.close()
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def heard(**changed: object) -> dict[str, object]:
    """The header of an embedding of 7 seconds."""
    return {"heard_seconds": 7.0, "peak": 0.5, "bounds": [(0.0, 7.0)], "patches": 2, "tagged": True} | changed


def seen(**changed: object) -> dict[str, object]:
    """The header of a JPEG of 10 × 10 pixels."""
    return {"content_type": "image/jpeg", "width": 10, "height": 10, "thumbnail_bytes": 0} | changed


def payload() -> bytes:
    """Two unit vectors, fifty scores and two patches for `musicnn-mtt`, and a silent outline."""
    facts = backend_facts("musicnn-mtt")
    unit = np.zeros(facts.dimension, "<f4")
    unit[0] = 1
    vectors = np.concatenate([unit, unit, np.full(len(facts.tags), 0.25, "<f4")]).tobytes()
    return vectors + np.ones((2, facts.dimension), "<f2").tobytes() + bytes(2 * POINTS)
