"""Lists, made of the candidates that were chosen; and what is refused before anything is searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from domain.errors.asking import InvalidFilter, SpaceNotFound, SpaceNotReady
from domain.ids import shortened
from domain.reasons import reasons
from domain.recommendations import Candidate, Reason, Recommendation, TrackFilter
from domain.spaces import BACKENDS, DEFAULT_SPACE, Space, backend_facts, find_facts


def ranked(candidates: Iterable[Candidate], why: Mapping[int, tuple[Reason, ...]]) -> tuple[Recommendation, ...]:
    """The places of a list, with the reasons of each track, by its id."""
    return tuple(
        Recommendation(
            rank=rank,
            score=None if candidate.distance is None else 1.0 - candidate.distance,
            candidate=candidate,
            reasons=why.get(candidate.track.id, ()),
        )
        for rank, candidate in enumerate(candidates, start=1)
    )


def like_seed(seed: Candidate, candidates: Iterable[Candidate]) -> dict[int, tuple[Reason, ...]]:
    """Why each candidate is in a list that was asked for with one track."""
    return {
        candidate.track.id: reasons(seed, candidate, compared=candidate.distance is not None)
        for candidate in candidates
    }


def existing_space(spaces: Mapping[str, Space], name: str) -> Space:
    """Raises SpaceNotReady or SpaceNotFound."""
    space = spaces.get(name)
    if space is None:
        refuse_space(name)
    return space


def refuse_space(name: str) -> NoReturn:
    if find_facts(name) is not None:
        raise SpaceNotReady(name=name)
    raise SpaceNotFound(name=shortened(name), known=", ".join(BACKENDS))


def require_known_tags(where: TrackFilter) -> None:
    """Raises InvalidFilter, which lists the tags there are, for a tag that no track can have."""
    vocabulary = backend_facts(DEFAULT_SPACE).tags
    for tag in where.tags:
        if tag not in vocabulary:
            raise InvalidFilter(
                field="tags", value=f"'{shortened(tag)}'", reason=f"the tags are {', '.join(vocabulary)}."
            )
