"""Progress of long steps: a bar with rate and time left on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobs.cli.console import console, duration, one_line, say

Tell = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and what is in hand."""

LINE_SECONDS = 10.0
CURRENT_LENGTH = 40


@contextmanager
def progress(step: str, things: str) -> Iterator[Tell]:
    """Show how far a step is; `things` is what is counted, in the plural ("files")."""
    with _bar(step, things) if console().is_terminal else _lines(step, things) as tell:
        yield tell


@contextmanager
def _bar(step: str, things: str) -> Iterator[Tell]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[current]}", style="dim", markup=False),
    )
    pace = Pace(things)
    with Progress(*columns, console=console()) as bars:
        task = bars.add_task(step, total=None, rate="", current="")

        def tell(done: int, total: int, current: str) -> None:
            bars.update(task, completed=done, total=total, rate=pace.text(done), current=_short(current))

        yield tell


@contextmanager
def _lines(step: str, things: str) -> Iterator[Tell]:
    pace = Pace(things)
    said_at = time.monotonic()
    last, last_done = "", -1

    def tell(done: int, total: int, current: str) -> None:
        nonlocal said_at, last, last_done
        now = time.monotonic()
        line = f"{step}: {done:,} of {total:,} {things}"
        rate, left = pace.text(done), pace.seconds_left(done, total)
        if left is not None and done < total:
            line += f", {rate}, {duration(left)} left"
        # What takes long says what it is.
        if done == last_done and done < total and current:
            line += f": {_short(current)}"
        is_end = done == total
        if line != last and (is_end or now - said_at >= LINE_SECONDS):
            said_at, last, last_done = now, line, done
            say(line)

    yield tell


class Pace:
    """How fast things get done since the first count."""

    def __init__(self, things: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._things = things
        self._clock = clock
        self._begun: tuple[float, int] | None = None

    def per_second(self, done: int) -> float | None:
        """None until something was done."""
        if self._begun is None:
            self._begun = self._clock(), done
            return None
        since, before = self._begun
        elapsed = self._clock() - since
        return (done - before) / elapsed if elapsed > 0 and done > before else None

    def text(self, done: int) -> str:
        rate = self.per_second(done)
        if rate is None:
            return ""
        return f"{rate:,.1f} {self._things}/s" if rate >= 1 else f"{rate * 60:.1f} {self._things}/min"

    def seconds_left(self, done: int, total: int) -> float | None:
        rate = self.per_second(done)
        return None if rate is None else (total - done) / rate


def _short(current: str) -> str:
    line = one_line(current)
    return line if len(line) <= CURRENT_LENGTH else line[: CURRENT_LENGTH - 1] + "…"
