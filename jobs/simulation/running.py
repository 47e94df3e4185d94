"""Makes up listeners for an archive and writes what they did into its log, marked as simulated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Engine

from domain.errors.asking import SpaceNotReady
from domain.errors.listeners import NothingToHear, SimulationExists
from jobs.simulation.measuring import MEASURES
from ml.simulation.archetypes import Archetypes
from ml.simulation.repertoire import UNKNOWN, Repertoire
from ml.simulation.simulation import SimulatedSession as Played
from ml.simulation.simulation import Simulation
from sql.listening.repertoire_rows import TrackFacts, track_facts, tracks_by_catalogue_id
from sql.listening.simulated_rows import SimulatedInteraction, SimulatedSession, SimulatedUser, SimulationWriter
from sql.login import connect
from sql.spaces.derived_rows import answering_space

# The same moment for everyone, so that a seed alone says what comes out.
UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 90
WORD = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")


@dataclass(frozen=True)
class Wish:
    """What is to be simulated. `tags_of` is a space whose tags listeners go by, None for none: never one that is to be
    evaluated on them. `labels` are words by the archive's own keys of tracks."""

    users: int
    seed: int
    archetypes: Archetypes
    days: int = DAYS
    until: datetime = UNTIL
    tags_of: str | None = None
    labels: Mapping[str, set[str]] | None = None

    @property
    def name(self) -> str:
        """What marks its rows."""
        heard = f"-tags-of-{self.tags_of}" if self.tags_of else ""
        return f"seed-{self.seed}-users-{self.users}{heard}"


@dataclass(frozen=True)
class Simulated:
    """What was written."""

    name: str
    users: int
    sessions: int
    interactions: int
    tracks: int


def simulate(
    engine: Engine,
    database_url: str,
    wish: Wish,
    on_progress: Callable[[int, int, str], object] = lambda done, total, current: None,
) -> Simulated:
    """Simulate and write in one transaction. `on_progress` is told days done and days in all.

    Raises SimulationExists, NothingToHear where the archive has no tracks, SpaceNotFound, SpaceNotReady.
    """
    with connect(database_url) as connection:
        writer = SimulationWriter(connection, wish.name)
        if not writer.begin():
            raise SimulationExists(name=wish.name)
        simulation = Simulation(
            read_repertoire(engine, wish), wish.archetypes, wish.users, wish.seed, wish.days, wish.until
        )
        listeners = simulation.listeners()
        writer.users(
            SimulatedUser(one.id, one.name, one.group, wish.until - timedelta(days=wish.days)) for one in listeners
        )
        played = list(simulation.run(listeners, lambda days: on_progress(days, wish.days, "")))
        writer.sessions(_session(one) for one in played)
        ids = simulation.repertoire.ids
        writer.interactions(row for one in played for row in _interactions(one, ids))
    on_progress(wish.days, wish.days, "")
    interactions = sum(len(one.events) for one in played)
    return Simulated(wish.name, len(listeners), len(played), interactions, len(simulation.repertoire))


def read_repertoire(engine: Engine, wish: Wish) -> Repertoire:
    """What the listeners of a simulation can tell of the archive's tracks. Raises as `simulate` does."""
    with engine.connect() as connection:
        if wish.tags_of is not None and answering_space(connection, wish.tags_of).state is None:
            raise SpaceNotReady(name=wish.tags_of)
        facts = track_facts(connection, MEASURES, wish.tags_of)
        own_keys = tracks_by_catalogue_id(connection)
    if not facts:
        raise NothingToHear
    said: dict[int, set[str]] = {}
    for key, words in (wish.labels or {}).items():
        if key in own_keys:
            said.setdefault(own_keys[key], set()).update(words)
    return Repertoire(
        ids=np.array([track.id for track in facts], np.int64),
        durations=np.array([max(1.0, track.duration_seconds) for track in facts]),
        composers=_keys([track.composer_id for track in facts]),
        albums=_keys([track.album_id for track in facts]),
        works=_keys([track.work_id for track in facts]),
        positions=np.array([track.position for track in facts], np.int64),
        tempo=np.array([np.nan if track.tempo is None else track.tempo for track in facts]),
        loudness=np.array([np.nan if track.loudness is None else track.loudness for track in facts]),
        words=[_words(track, said.get(track.id, set())) for track in facts],
    )


def _keys(keys: list[int | None]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([UNKNOWN if key is None else key for key in keys], np.int64)


def _words(track: TrackFacts, said: set[str]) -> frozenset[str]:
    named = {word.lower() for word in (*track.instruments, *track.tags)}
    genre = {word.lower() for word in WORD.findall(track.genre or "")}
    return frozenset(named | genre | said)


def _session(played: Played) -> SimulatedSession:
    ended = played.started_at + timedelta(seconds=played.events[-1].seconds)
    return SimulatedSession(played.id, played.listener.id, played.started_at, ended)


def _interactions(played: Played, ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[SimulatedInteraction]:
    return [
        SimulatedInteraction(
            user_id=played.listener.id,
            session_id=played.id,
            track_id=int(ids[event.track]),
            kind=event.kind.value,
            played_seconds=event.played_seconds,
            occurred_at=played.started_at + timedelta(seconds=event.seconds),
            client_id=f"{played.id}-{number}",
        )
        for number, event in enumerate(played.events)
    ]
