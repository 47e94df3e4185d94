"""What a re-embedding would take, before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.errors.asking import NothingToReembed, SpaceNotReady, SpaceOfOtherWeights
from domain.selections import Selection
from domain.spaces import BackendFacts, backend_facts
from sql.overview import archive_overview
from sql.spaces.estimates import measured_rate, work_of
from sql.spaces.index_kinds import by_signs
from sql.spaces.revisions import find_active
from sql.spaces.selected_tracks import missing_tracks, selected_tracks
from sql.spaces.successors import find_successor

# Times real time, for each worker: what a core of a small machine did with MusiCNN, rounded down.
DEFAULT_RATE = 100.0
# Bytes of a row beside its vector's numbers, its entries in the tables' own indexes included.
TRACK_OVERHEAD = 150
SEGMENT_OVERHEAD = 210
# The vectors of a track's patches are one value, in pieces of 2,000 bytes.
PATCHES_OVERHEAD = 130
PIECE_OVERHEAD = 1.06
# Bytes of an element of an HNSW index beside its vector: 32 neighbors below, and its share of the layers above.
INDEX_OVERHEAD = 300
BYTES_PER_NUMBER = 4
BYTES_PER_NUMBER_OF_PATCHES = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """`tracks` with `audio_seconds` of audio, heard at `rate` seconds of audio a second by each worker; `held` more
    are in a new revision already that was left off. `measured`: the rate is that of earlier jobs. Sizes in bytes."""

    tracks: int
    held: int
    audio_seconds: float
    rate: float
    measured: bool
    vector_bytes: int
    index_bytes: int

    def seconds(self, workers: int) -> float:
        """How long so many workers would take."""
        return self.audio_seconds / (self.rate * workers)


def estimate_reembedding(connection: Connection, space: str, index_threshold: int) -> Estimate:
    """What `request_reembedding` would begin; changes nothing. Raises as it does."""
    facts = backend_facts(space)
    if find_active(connection, space) is None:
        raise SpaceNotReady(name=space)
    if archive_overview(connection).embeddable == 0:
        raise NothingToReembed
    successor = find_successor(connection, facts)
    missing = missing_tracks(connection, successor.revision_id if successor else None)
    return _estimate(connection, facts, missing, index_threshold, held=successor.held if successor else 0)


def estimate_rehearing(connection: Connection, space: str, selection: Selection) -> Estimate:
    """What `request_rehearing` would begin; changes nothing. Raises as it does."""
    facts = backend_facts(space)
    active = find_active(connection, space)
    if active is None:
        raise SpaceNotReady(name=space)
    if active.revision != facts.revision:
        raise SpaceOfOtherWeights(name=space, found=active.revision, expected=facts.revision)
    chosen = selected_tracks(connection, selection, active.revision_id)
    return _estimate(connection, facts, chosen, index_threshold=None, held=0)


def _estimate(
    connection: Connection, facts: BackendFacts, track_ids: list[int], index_threshold: int | None, held: int
) -> Estimate:
    """`index_threshold` is None where vectors take the place of others, so that the disk stays as it is."""
    work = work_of(connection, track_ids, facts)
    rate = measured_rate(connection, facts.name)
    vectors, index = 0, 0
    if index_threshold is not None:
        numbers = BYTES_PER_NUMBER * facts.dimension
        tags = work.tracks * BYTES_PER_NUMBER * len(facts.tags)
        patches = work.patches * BYTES_PER_NUMBER_OF_PATCHES * facts.dimension
        vectors = work.tracks * (numbers + TRACK_OVERHEAD) + work.segments * (numbers + SEGMENT_OVERHEAD) + tags
        vectors += work.tracks * PATCHES_OVERHEAD + round(PIECE_OVERHEAD * patches)
        indexed = sum(count for count in (work.tracks, work.segments) if count + held >= index_threshold)
        index = indexed * ((facts.dimension // 8 if by_signs(facts.dimension) else numbers) + INDEX_OVERHEAD)
    return Estimate(work.tracks, held, work.audio_seconds, rate or DEFAULT_RATE, rate is not None, vectors, index)
