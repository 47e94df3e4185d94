"""Candidates, as the statements of `sql.retrieval` give them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from domain.catalogue import Composer, Track
from domain.recommendations import Candidate, Plays, RecommendationOptions
from sql.database import Row
from sql.retrieval.candidates import TRACK_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def candidate_of(row: Row) -> Candidate:
    """A candidate of the columns `DETAILS` or `DETAILS_WITH_PLAYS`."""
    album_title, composer_name, tags, embedding, work_title, ids, names, *plays = row[1 + TRACK_COLUMNS :]
    return Candidate(
        Track(*row[1 : 1 + TRACK_COLUMNS]),
        row[0],
        album_title,
        composer_name,
        tuple(tags),
        _numpy(embedding),
        _composers(tuple(ids), tuple(names)) if ids else (),
        work_title,
        Plays(*plays) if plays else None,
    )


# Most tracks of a list have one, and the same as others.
@lru_cache(maxsize=4_000)
def _composers(ids: tuple[int, ...], names: tuple[str, ...]) -> tuple[Composer, ...]:
    return tuple(map(Composer, ids, names))


def cap_parameters(first: int, options: RecommendationOptions) -> dict[str, int | None]:
    return {
        "first": first,
        "max_album": options.max_per_album,
        "max_composer": options.max_per_composer,
        "max_work": options.max_per_work,
    }


def _numpy(vector: Any) -> NDArray[np.float32] | None:  # Any: pgvector publishes no types
    return None if vector is None else vector.to_numpy()
