"""What a synthetic listener plays in one session, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from domain.listening import InteractionKind
from ml.simulation.listeners import Listener
from ml.simulation.repertoire import UNKNOWN, Floats, Repertoire, deviations

# How many tracks a listener looks at before choosing; what others play comes first on the page.
SHELF = 25
# How much less a place is looked at than the one above: 1 / rank ** this.
POSITION_BIAS = 0.7
# How much of what comes to that page is what others play, and how much what the listener looks for.
KNOWN_FOUND = 0.4
WANTED_FOUND = 1.0
# How sharply the better liked is chosen.
CHOICE = 1.2
# What goes well with the track before: the same composer, and a tempo and loudness near it, for each deviation.
SAME_COMPOSER = 0.4
APART = 0.3
# A mood moves all of a session: how far fast and loud music is liked more or less than usual.
MOOD = 0.5
# What is liked by this many deviations is heard to its end half of the time by those of no patience.
BAR = 1.4
SHARPNESS = 1.6
LIKED_FROM, DISLIKED_BELOW = 2.0, -1.0
LIKE_SHARE, DISLIKE_SHARE = 0.2, 0.2


class Event(NamedTuple):
    """Something a listener did: `track` is a row of the repertoire, `seconds` count from the session's beginning."""

    track: int
    kind: InteractionKind
    seconds: float
    played_seconds: float | None


@dataclass
class Popularity:
    """What is played by everybody: `plays` (tracks,) so far; `appeal` (tracks,) is what makes some tracks better known
    than others from the beginning, in the unit of `deviations`."""

    appeal: Floats
    plays: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.plays = np.zeros(len(self.appeal))

    @property
    def deviations(self) -> Floats:
        """How much better known each track is than the average."""
        return deviations(self.appeal + np.log1p(self.plays))


class Memory:
    """What one listener has played: `rows` in the order of the first time, `known` (tracks,) whether."""

    def __init__(self, tracks: int) -> None:
        self.rows: list[int] = []
        self.known = np.zeros(tracks, np.bool_)

    def add(self, track: int) -> None:
        if not self.known[track]:
            self.known[track] = True
            self.rows.append(track)


def play_session(repertoire: Repertoire, listener: Listener, popularity: Popularity, memory: Memory) -> list[Event]:
    """Play one session; `memory` and `popularity` are brought up to date."""
    random = listener.random
    mood = MOOD * (random.standard_normal() * repertoire.fast + random.standard_normal() * repertoire.loud)
    known = popularity.deviations
    liking = listener.taste + listener.popularity * known + mood
    events: list[Event] = []
    clock, before = 0.0, None
    for _ in range(1 + random.poisson(listener.prevailing.session_tracks - 1)):
        wanted = liking if before is None else liking + _flow(repertoire, before)
        track = _choose(repertoire, listener, wanted, known, memory, before)
        clock = _hear(repertoire, listener, track, float(liking[track]), clock, events)
        memory.add(track)
        popularity.plays[track] += 1
        before = track
    return events


def _flow(repertoire: Repertoire, before: int) -> Floats:
    """How well each track goes with the one before."""
    fast, loud, composer = repertoire.fast, repertoire.loud, repertoire.composers[before]
    flow: Floats = -APART / 2 * (np.abs(fast - fast[before]) + np.abs(loud - loud[before]))
    return flow if composer == UNKNOWN else flow + SAME_COMPOSER * (repertoire.composers == composer)


def _choose(
    repertoire: Repertoire, listener: Listener, wanted: Floats, known: Floats, memory: Memory, before: int | None
) -> int:
    kind, random = listener.prevailing, listener.random
    if before is not None and random.random() < kind.album_flow:
        following = _next_on_album(repertoire, before)
        if following is not None:
            return following
    way = random.random()
    if way < kind.repeat and memory.rows:
        rows = np.array([row for row in memory.rows if row != before] or memory.rows)
        return int(rows[_drawn(CHOICE * wanted[rows], random)])
    if way < kind.repeat + kind.explore and len(memory.rows) < len(repertoire):
        return int(random.choice(np.flatnonzero(~memory.known)))
    # The page: found by what is known and by what is looked for; what is better known comes first. The choice goes by
    # liking and by place.
    found = KNOWN_FOUND * known + WANTED_FOUND * wanted + random.gumbel(size=len(known))
    if before is not None and len(found) > 1:
        found[before] = -np.inf
    shown = np.argpartition(-found, min(SHELF, len(found) - 1))[:SHELF]
    shown = shown[np.argsort(-known[shown], kind="stable")]
    places = np.arange(1, len(shown) + 1)
    return int(shown[_drawn(CHOICE * wanted[shown] - POSITION_BIAS * np.log(places), random)])


def _next_on_album(repertoire: Repertoire, before: int) -> int | None:
    album, position = repertoire.albums[before], repertoire.positions[before]
    if album == UNKNOWN:
        return None
    rows = np.flatnonzero((repertoire.albums == album) & (repertoire.positions > position))
    return int(rows[np.argmin(repertoire.positions[rows])]) if len(rows) else None


def _hear(
    repertoire: Repertoire, listener: Listener, track: int, liking: float, clock: float, events: list[Event]
) -> float:
    """Add what becomes of a track that was begun at `clock`; returns when the next one begins."""
    random = listener.random
    length = float(repertoire.durations[track])
    events.append(Event(track, InteractionKind.PLAY, clock, None))
    to_the_end = 1 / (1 + np.exp(-SHARPNESS * (liking - BAR)))
    to_the_end += (1 - to_the_end) * listener.prevailing.patience
    if random.random() < to_the_end:
        played = length
        events.append(Event(track, InteractionKind.COMPLETE, clock + played, played))
    else:
        played = round(length * float(random.beta(1.2, 4.0)), 3)
        events.append(Event(track, InteractionKind.SKIP, clock + played, played))
    if liking > LIKED_FROM and random.random() < LIKE_SHARE:
        events.append(Event(track, InteractionKind.LIKE, clock + played, None))
    elif liking < DISLIKED_BELOW and random.random() < DISLIKE_SHARE:
        events.append(Event(track, InteractionKind.DISLIKE, clock + played, None))
    return clock + played + 1.0


def _drawn(logits: Floats, random: np.random.Generator) -> int:
    """An index, by softmax."""
    return int(np.argmax(logits + random.gumbel(size=len(logits))))
