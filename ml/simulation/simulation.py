"""Months of listening by synthetic listeners, in the order in which it happens."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import numpy as np

from ml.simulation.archetypes import Archetypes
from ml.simulation.listeners import Listener, make_listeners
from ml.simulation.repertoire import Repertoire
from ml.simulation.sessions import Event, Memory, Popularity, play_session

DAYS_A_WEEK = 7.0
# How unequal tracks are before anyone has played one.
APPEAL_SPREAD = 0.7


@dataclass(frozen=True)
class SimulatedSession:
    """One session: `events` in order, `seconds` of each from `started_at`."""

    id: UUID
    listener: Listener
    started_at: datetime
    events: list[Event]


@dataclass(frozen=True)
class Simulation:
    """What is simulated: so many listeners, who listen for `days` until a moment."""

    repertoire: Repertoire
    archetypes: Archetypes
    users: int
    seed: int
    days: int
    until: datetime

    def listeners(self) -> list[Listener]:
        """As they are at the beginning."""
        return make_listeners(self.repertoire, self.archetypes, self.users, self.seed)

    def run(
        self, listeners: list[Listener], on_progress: Callable[[int], object] = lambda days: None
    ) -> Iterator[SimulatedSession]:
        """All sessions, oldest first: popularity grows with what was played before. `on_progress` is told how many days
        have passed. The same arguments give the same sessions, to the last number."""
        begin = self.until - timedelta(days=self.days)
        appeal = np.random.default_rng([self.seed, 2]).standard_normal(len(self.repertoire)) * APPEAL_SPREAD
        popularity = Popularity(appeal)
        memories = [Memory(len(self.repertoire)) for _ in listeners]
        due = [(self._next(listener, begin), index, 0) for index, listener in enumerate(listeners)]
        heapq.heapify(due)
        passed = 0
        while due:
            moment, index, number = heapq.heappop(due)
            if moment >= self.until:
                continue
            listener = listeners[index]
            if (moment - begin).days > passed:
                passed = (moment - begin).days
                on_progress(passed)
            events = play_session(self.repertoire, listener, popularity, memories[index])
            listener.drift()
            yield SimulatedSession(uuid5(listener.id, str(number)), listener, moment, events)
            ended = moment + timedelta(seconds=events[-1].seconds)
            heapq.heappush(due, (self._next(listener, ended), index, number + 1))

    def _next(self, listener: Listener, after: datetime) -> datetime:
        """When a listener comes again: some days later, at an hour of theirs."""
        kind = listener.prevailing
        day = after + timedelta(days=float(listener.random.exponential(DAYS_A_WEEK / kind.sessions_a_week)))
        first, last = kind.hours
        hour = float(listener.random.uniform(first, last))
        moment = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour)
        return moment if moment > after else moment + timedelta(days=1)
