"""What the domain needs from the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from domain.catalogue import Track
from domain.parts import Parts
from domain.recommendations import Candidate, RecommendationOptions, SegmentRecommendation, TrackFilter
from domain.spaces import Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a search found: the seed itself (None when it has no vector in the space), and the candidates, nearest
    first."""

    seed: Candidate | None
    candidates: list[Candidate]


class Retrieval(Protocol):
    """Search in the spaces of one archive. SQL retrieves and filters; the domain re-ranks."""

    async def spaces(self) -> dict[str, Space]:
        """Every space by name; may be as old as a second."""
        ...

    async def track(self, track_id: int) -> Track | None: ...

    async def similar_tracks(
        self, space: Space, track_id: int, limit: int, where: TrackFilter, *, with_embeddings: bool = False
    ) -> Retrieved:
        """The `limit` tracks nearest to a track's own vector among those that pass the filter, the seed left out.

        As many as match are found, up to `limit`.
        """
        ...

    async def similar_tracks_capped(
        self, space: Space, track_id: int, first: int, where: TrackFilter, options: RecommendationOptions
    ) -> Retrieved:
        """Like `similar_tracks`, exactly, over everything that matches: all tracks that a list of `first` under the
        caps of `options` can possibly hold, nearest first. It costs a full scan."""
        ...

    async def related_tracks(
        self, track_id: int, first: int, where: TrackFilter, options: RecommendationOptions
    ) -> Retrieved:
        """Tracks that match without any comparison: same work first, then same composer, same album, the rest by id;
        all that a list of `first` under the caps can hold. The seed is None when there is no such track."""
        ...

    async def parts(self, space: Space, track_id: int, start_seconds: float, end_seconds: float) -> Parts | None:
        """The patches of a track that a range covers, the last of it where the range lies behind; where no patches are
        stored, our own segments that it overlaps. None where there is neither."""
        ...

    async def nearest_segments(
        self, space: Space, vector: NDArray[np.float32], first: int, exclude_track_id: int
    ) -> list[SegmentRecommendation]:
        """The segment nearest to a vector of each track, nearest first, one track left out."""
        ...
