"""How large a database an archive needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from domain.billing.tables import DatabaseClass, database_classes, measurements
from domain.spaces import BackendFacts, backend_facts

GIGA = 1e9
# What is searched is to fit into half of the memory; the rest is for connections, sorting and the system.
SEARCHED_SHARE = 0.5
SINGLE, HALF = 4, 2  # bytes of a number


class DatabaseSize(NamedTuple):
    """Gigabytes on the disk, and those of vectors and indexes that searches go through."""

    stored_gb: float
    searched_gb: float


def database_gb(tracks: int, hours: float, spaces: Iterable[str], *, with_catalogue: bool = True) -> DatabaseSize:
    """What an archive's catalogue and its vectors in these spaces take. Raises BackendNotFound."""
    rows = measurements()["rows"]
    catalogue = tracks * rows["catalogue_of_track"] if with_catalogue else 0
    searched = patches = 0.0
    for facts in map(backend_facts, spaces):
        searched += _searched_bytes(facts, tracks, hours)
        patches += 3600 * hours / facts.hop_seconds * HALF * facts.dimension * rows["patch_share"]
    return DatabaseSize((catalogue + searched + patches) / GIGA, searched / GIGA)


def smallest_class(searched_gb: float) -> DatabaseClass:
    """The cheapest class whose memory holds what is searched; the largest where none does."""
    classes = database_classes()
    return next((one for one in classes if one.memory_gb * SEARCHED_SHARE >= searched_gb), classes[-1])


def _searched_bytes(facts: BackendFacts, tracks: int, hours: float) -> float:
    """Vectors of tracks and of segments, with their indexes: an index holds the vector once more."""
    rows = measurements()["rows"]
    vector = SINGLE * facts.dimension
    # The last segment of a track is shorter: half a one more each.
    segments = 3600 * hours / facts.segment_seconds + tracks / 2
    track, segment = (2 * vector + rows[kind] + rows["index"] for kind in ("track", "segment"))
    return float(tracks * track + segments * segment)
