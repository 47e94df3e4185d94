"""A worker's shifts: it works in its hours, and rests in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from domain.hours import Hours

log = logging.getLogger(__name__)

LOOK_UP_SECONDS = 1.0


def local_now() -> datetime:
    return datetime.now().astimezone()


class Shifts:
    """When a worker works: always, or in the `hours` that `clock` shows, and not any more once it is `stopping`."""

    def __init__(
        self,
        hours: Hours,
        *,
        stopping: Event,
        clock: Callable[[], datetime] = local_now,
        look_up_seconds: float = LOOK_UP_SECONDS,
    ) -> None:
        self._hours = hours
        self._stopping = stopping
        self._clock = clock
        self._look_up_seconds = look_up_seconds

    def keep(self, work: Callable[[], object], rest: Callable[[datetime | None], object]) -> None:
        """Call `work` in each shift, until the worker stops. It returns when `is_over`, or some time after.

        `rest` is called with the time until which a rest lasts, and with None at its end.
        """
        while not self._stopping.is_set():
            if self.is_over:
                self._rest(rest)
            else:
                work()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be taken up now."""
        return self._stopping.is_set() or not self._hours.include(self._clock())

    def _rest(self, rest: Callable[[datetime | None], object]) -> None:
        until = self._hours.next_begin(self._clock())
        log.info("Resting until %s: work is taken up in the hours %s", f"{until:%H:%M}", self._hours)
        rest(until)
        while self.is_over and not self._stopping.wait(self._look_up_seconds):
            pass
        if not self._stopping.is_set():
            log.info("Working again: the hours %s have begun", self._hours)
            rest(None)
