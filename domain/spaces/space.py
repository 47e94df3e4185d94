"""Spaces, as the database has them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SpaceState(StrEnum):
    """`FILLING`: its first revision already serves while it fills. `READY`: every embeddable track is in."""

    FILLING = "FILLING"
    READY = "READY"


@dataclass(frozen=True)
class Space:
    """One representation: vectors that can be compared with each other.

    `revision_id` names the active set of vectors (a partition), `dimension` their length, `indexed` whether an
    approximate index answers (above the threshold) or an exact scan.
    """

    id: int
    name: str
    backend: str
    dimension: int
    revision_id: int
    revision: str
    state: SpaceState
    indexed: bool
