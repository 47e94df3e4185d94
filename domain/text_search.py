"""Finds music by what is said about it, where music and texts have vectors in one space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from domain.errors.asking import SearchTextTooLong, SpaceNotFound, SpaceNotReady, SpaceOfOtherWeights
from domain.errors.texts import SpaceHasNoText
from domain.ids import shortened
from domain.recommendations import require_list_length
from domain.search import MAX_TEXT_LENGTH
from domain.spaces import BACKENDS, BackendFacts, Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WITH_TEXT = tuple(name for name, facts in BACKENDS.items() if facts.text)


class TextEncoder(Protocol):
    """Gives texts their vectors."""

    async def encode(self, facts: BackendFacts, text: str) -> NDArray[np.float32]:
        """The vector of a text in the joint space that `facts` describe: (dimension,), of unit length.

        Raises TextTowerMissing, TextTowerDamaged, ExtraMissing.
        """
        ...


class TextRetrieval(Protocol):
    """Search with vectors that come from elsewhere."""

    async def spaces(self) -> dict[str, Space]:
        """Every space that holds a vector, by name."""
        ...

    async def nearest(self, space: Space, vector: NDArray[np.float32], first: int) -> list[tuple[int, float]]:
        """The ids of the `first` tracks nearest to a vector with their cosine distances, nearest first, exactly."""
        ...


@dataclass(frozen=True, slots=True)
class TextMatch:
    """One place of a list: `score` is the cosine between the text and the track."""

    rank: int
    score: float
    track_id: int


@dataclass(frozen=True, slots=True)
class TextMatches:
    """What a text finds in a space, best first."""

    space: str
    items: tuple[TextMatch, ...]


class TextSearch:
    """Answers `searchByText`."""

    def __init__(self, retrieval: TextRetrieval, encoder: TextEncoder) -> None:
        self._retrieval = retrieval
        self._encoder = encoder

    async def search(self, text: str, space_name: str | None, first: int) -> TextMatches:
        """The min(`first`, number there are) tracks that sound most like a text; none for a text of blanks.

        Without a name, the joint space there is. Raises InvalidPageSize, SearchTextTooLong, SpaceNotFound,
        SpaceNotReady, SpaceHasNoText, SpaceOfOtherWeights where the space was made by other weights than this program
        knows, and what `TextEncoder.encode` does.
        """
        require_list_length(first)
        if len(text) > MAX_TEXT_LENGTH:
            raise SearchTextTooLong(length=len(text), maximum=MAX_TEXT_LENGTH)
        name = space_name or WITH_TEXT[0]
        facts = BACKENDS.get(name)
        spaces = await self._retrieval.spaces()
        if facts is None and name not in spaces:
            raise SpaceNotFound(name=shortened(name), known=", ".join(BACKENDS))
        if facts is None or not facts.text:
            raise SpaceHasNoText(name=shortened(name), known=", ".join(WITH_TEXT))
        space = spaces.get(name)
        if space is None:
            raise SpaceNotReady(name=name)
        if space.revision != facts.revision:
            raise SpaceOfOtherWeights(name=name, found=space.revision, expected=facts.revision)
        if not text.strip():
            return TextMatches(space=name, items=())
        vector = await self._encoder.encode(facts, text.strip())
        found = await self._retrieval.nearest(space, vector, first)
        return TextMatches(
            space=name,
            items=tuple(
                TextMatch(rank=rank, score=1.0 - distance, track_id=track_id)
                for rank, (track_id, distance) in enumerate(found, start=1)
            ),
        )
