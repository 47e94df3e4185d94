"""Building the example archive: what is missing is rendered, what is there is kept."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from domain.errors.machine import DataFolderUnwritable, ExtraMissing
from jobs.example.scores import TRACKS
from jobs.example.tracks import COMMENT, Track

_EXTRA = ("music21", "midirenderer", "pretty_midi")
_README = f"""\
This is Segue's example archive. {COMMENT}.

It was made on this machine, to try Segue without recordings of one's own: the beginnings of compositions that are in
the public domain, each 30 to 60 seconds long. Album titles, performers and the comment tag of every file say that it
is synthetic.

Scores: the corpus of music21 (https://www.music21.org). The compositions are free; the encodings belong to those who
made them and have terms of their own (Creative Commons and GPL licences among them; Palestrina's: Copyright 2000 John
Miller, rights to derivative electronic formats reserved). Read them before you publish what is in this folder.
Sounds: the soundfont TimGM6mb by Tim Brechbill (GPL 2), as it comes with pretty_midi.
Synthesizer: midirenderer (MIT). Encoder: the AAC encoder of FFmpeg, through PyAV.

Any file may be deleted; building the archive again makes it anew, with the same sound.
"""


@dataclass(frozen=True)
class Built:
    """How many tracks were rendered and how many were there already."""

    made: int
    kept: int

    @property
    def total(self) -> int:
        """How many tracks the archive holds."""
        return self.made + self.kept


def build(
    folder: Path,
    *,
    on_progress: Callable[[int, int, str], None],
    processes: int = 2,
    tracks: Sequence[Track] = TRACKS,
) -> Built:
    """Render the tracks that `folder` lacks, in `processes` processes; the folder is made if need be.

    `on_progress(done, total, title)` is called here, in the calling process, whenever one more track is there, found
    or made. Interrupted in any way, the folder holds whole files only, and the next build goes on. Two builds of one
    folder do not disturb each other: the second waits.

    Raises ExtraMissing without music21, midirenderer or pretty_midi, if anything has to be made; DataFolderUnwritable.
    """
    with _alone_in(folder):
        present = [track for track in tracks if (folder / track.path).is_file()]
        missing = [track for track in tracks if track not in present]
        for done, track in enumerate(present, start=1):
            on_progress(done, len(tracks), track.score.title)
        with contextlib.closing(_rendered(missing, folder, processes)) as rendered:
            for done, track in enumerate(rendered, start=len(present) + 1):
                on_progress(done, len(tracks), track.score.title)
    return Built(made=len(missing), kept=len(present))


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with _written_in(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # ends with its process, however that ends
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _written_in(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderUnwritable(path=folder, reason=error.strerror or error) from error


def _rendered(tracks: list[Track], folder: Path, processes: int) -> Generator[Track, None, None]:
    """The tracks, each as soon as its file is there."""
    if not tracks:
        return
    if any(importlib.util.find_spec(package) is None for package in _EXTRA):
        raise ExtraMissing(feature="The example archive", extra="example")
    with _written_in(folder):
        (folder / "README.txt").write_text(_README, encoding="utf-8")
    queue = iter(tracks)
    waiting: dict[Future[None], Track] = {}
    # Not forked: the caller may have threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with_parent) as pool:
        while True:
            with _interrupts_held():
                # No more at a time than run at once: what the pool has queued it would finish before it stops.
                for track in itertools.islice(queue, processes - len(waiting)):
                    waiting[pool.submit(_render, track, folder)] = track
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                with _written_in(folder):
                    future.result()
                yield waiting.pop(future)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits. Processes started meanwhile never get it, so that the parent alone ends the work, in order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _render(track: Track, folder: Path) -> None:
    from jobs.example.rendering import render  # in the workers only: music21 is large

    render(track, folder)


def _end_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for its next track for ever."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
