"""What the domain needs from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from domain.catalogue import Track
from domain.history import History
from domain.listening import Impression
from domain.models import ServedModel
from domain.parts import Parts
from domain.recommendations import Candidate, RecommendationOptions, SegmentRecommendation, TrackFilter
from domain.requests import Without
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


class Ranking(StrEnum):
    """What ranks tracks without comparing them: how often they were played by all; how often by the listener, they or
    their composer, and then by all; or chance, the same for the same seed."""

    POPULAR = "POPULAR"
    PERSONAL = "PERSONAL"
    RANDOM = "RANDOM"


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

    async def tracks(self, space: Space | None, track_ids: Sequence[int]) -> dict[int, Candidate]:
        """These tracks, where they are there, with their embeddings in the space, where they have one."""
        ...

    async def history(self, user_id: UUID | None, session_id: UUID | None, space: Space | None) -> History | None:
        """The newest interactions of a user, or of the user of a session, with the vectors that their tracks have in a
        space; `in_session` are those of the session. None when there is no such user, no such session, or it is not
        the user's."""
        ...

    async def nearest_tracks(
        self,
        space: Space,
        queries: NDArray[np.float32],
        limit: int,
        where: TrackFilter,
        without: Without | None = None,
        *,
        with_embeddings: bool = True,
    ) -> list[Candidate]:
        """The `limit` tracks nearest to each query vector (queries, dimension) among those that match, nearest to any
        first, each once; as many as match are found, up to `limit`."""
        ...

    async def nearest_tracks_capped(
        self,
        space: Space,
        queries: NDArray[np.float32],
        first: int,
        where: TrackFilter,
        options: RecommendationOptions,
        without: Without | None = None,
    ) -> list[Candidate]:
        """Likewise, exactly, over everything that matches: all tracks that a list of `first` under the caps of
        `options` can possibly hold, without embeddings."""
        ...

    async def ranked_tracks(
        self,
        ranking: Ranking,
        seed: str,
        space: Space | None,
        limit: int,
        where: TrackFilter,
        options: RecommendationOptions,
        without: Without | None = None,
    ) -> list[Candidate]:
        """The first `limit` of all tracks that match, by a ranking; under caps, all that a list of `limit` can hold.
        With their plays, and, where a space is given, with their embeddings. `seed` decides chance."""
        ...


class QueryEncoder(Protocol):
    """The user's side of a trained model."""

    def encode(self, vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Query vectors (interests, dimension) in the model's own space, the weightiest interest first, from a
        history's vectors there (items, dimension), oldest first, and how much each counts, (items,)."""
        ...


class Models(Protocol):
    """The trained models of an archive."""

    async def served(self) -> Sequence[ServedModel]:
        """Every model that can answer, the active ones first; may be as old as some seconds."""
        ...

    async def encoder(self, model: ServedModel) -> QueryEncoder:
        """Loaded once. Raises ArtefactMissing, ArtefactDamaged."""
        ...


class Shown(Protocol):
    """Keeps what was shown."""

    async def store(self, impression: Impression) -> None: ...
