"""Synthetic listeners: their tastes, drawn with a seed, and how these drift."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np

from ml.simulation.archetypes import Archetype, Archetypes
from ml.simulation.repertoire import UNKNOWN, Floats, Ints, Repertoire

# How much of a listener is the prevailing archetype; the rest is shared by the others.
PREVAILING = 0.75
# What nobody else shares, in the same unit as everything that is liked: deviations.
OWN_TASTE = 0.5


@dataclass
class Listener:
    """One listener. `taste` is (tracks,): how far above the average each is liked, in deviations, without what others
    play; it changes from session to session. `mixture` (archetypes,) sums to 1. `prevailing` is its largest part."""

    id: UUID
    name: str
    group: str
    prevailing: Archetype
    mixture: Floats
    random: np.random.Generator
    shared: Floats
    liked_by_archetype: Floats
    own: Floats
    taste: Floats
    popularity: float

    def drift(self) -> None:
        """Move a little: towards other archetypes, and in what is liked for no reason."""
        step = self.prevailing.drift
        if step == 0:
            return
        logits = np.log(self.mixture + 1e-3) + step * self.random.standard_normal(len(self.mixture))
        self.mixture = np.exp(logits) / np.exp(logits).sum()
        fresh = self.random.standard_normal(len(self.own))
        self.own = np.sqrt(1 - step**2) * self.own + step * fresh
        self.taste = self.liking()

    def liking(self) -> Floats:
        liked: Floats = self.mixture @ self.liked_by_archetype + self.shared + OWN_TASTE * self.own
        return liked


def make_listeners(repertoire: Repertoire, archetypes: Archetypes, number: int, seed: int) -> list[Listener]:
    """`number` listeners, the same ones for the same arguments; each depends on the seed and its own number alone."""
    kinds = archetypes.archetype
    shares = np.array([kind.share for kind in kinds]) / sum(kind.share for kind in kinds)
    liked = np.stack([_liked_by(repertoire, kind) for kind in kinds])
    groups = _groups(repertoire, archetypes, np.random.default_rng([seed, 0]))
    return [_listener(repertoire, archetypes, liked, groups, shares, seed, index) for index in range(number)]


def _listener(
    repertoire: Repertoire,
    archetypes: Archetypes,
    liked: Floats,
    groups: Floats,
    shares: Floats,
    seed: int,
    index: int,
) -> Listener:
    random = np.random.default_rng([seed, 1, index])
    kinds = archetypes.archetype
    first = int(random.choice(len(kinds), p=shares))
    mixture = (1 - PREVAILING) * random.dirichlet(np.full(len(kinds), 0.5))
    mixture[first] += PREVAILING
    group = int(random.integers(len(groups)))
    mine = np.stack([row + _favourites(repertoire, kind, row, random) for row, kind in zip(liked, kinds, strict=True)])
    listener = Listener(
        id=uuid5(NAMESPACE_URL, f"segue:simulated:{seed}:{index}"),
        name=f"{kinds[first].name} {index + 1}",
        group=f"group {group + 1}",
        prevailing=kinds[first],
        mixture=mixture,
        random=random,
        shared=archetypes.groups.weight * groups[group],
        liked_by_archetype=mine,
        own=random.standard_normal(len(repertoire)),
        taste=np.zeros(len(repertoire)),
        popularity=float(mixture @ [kind.popularity for kind in kinds]),
    )
    listener.taste = listener.liking()
    return listener


def _liked_by(repertoire: Repertoire, kind: Archetype) -> Floats:
    """What all of a kind share, with mean 0 and deviation 1, unless nothing of it is known here."""
    liked = (
        repertoire.said({word.lower(): weight for word, weight in kind.words.items()})
        + kind.tempo * repertoire.fast
        + kind.loudness * repertoire.loud
        + kind.length * repertoire.long
    )
    return _standardized(liked)


def _favourites(repertoire: Repertoire, kind: Archetype, liked: Floats, random: np.random.Generator) -> Floats:
    """What a listener's own favourite composers add: drawn among those whose music the kind likes."""
    known = np.unique(repertoire.composers[repertoire.composers != UNKNOWN])
    chosen = min(kind.composers, len(known))
    if not chosen:
        return np.zeros(len(repertoire))
    of_composer = [repertoire.composers == composer for composer in known]
    appeal = np.array([np.sqrt(rows.sum()) * np.exp(liked[rows].mean()) for rows in of_composer])
    favourites = random.choice(known, size=chosen, replace=False, p=appeal / appeal.sum())
    return kind.composer_weight * np.isin(repertoire.composers, favourites).astype(np.float64)


def _groups(repertoire: Repertoire, archetypes: Archetypes, random: np.random.Generator) -> Floats:
    """(groups, tracks): what each group likes more than others do."""
    known = np.unique(repertoire.composers[repertoire.composers != UNKNOWN])
    rows: list[Floats] = []
    for _ in range(archetypes.groups.number):
        preferred: Ints = random.choice(known, size=min(archetypes.groups.composers, len(known)), replace=False)
        rows.append(_standardized(np.isin(repertoire.composers, preferred).astype(float)))
    return np.array(rows)


def _standardized(values: Floats) -> Floats:
    spread = values.std()
    standardized: Floats = (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))
    return standardized
