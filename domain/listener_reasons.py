"""Why a track is recommended to somebody: from what they heard, and from what is heard here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from domain.history import Weighted
from domain.ports import Retrieval
from domain.reasons import reasons
from domain.recommendations import Candidate, Reason, ReasonKind

if TYPE_CHECKING:
    from numpy.typing import NDArray


async def listener_reasons(
    retrieval: Retrieval, liked: Weighted | None, chosen: Sequence[Candidate]
) -> dict[int, tuple[Reason, ...]]:
    """The reasons of each track, by its id. One that was compared is explained by the heard track that is nearest to
    it in the space where it was found; one that was ranked, by the plays that it was ranked by."""
    nearest = {} if liked is None else nearest_heard(liked, chosen)
    heard = await retrieval.tracks(None, sorted(set(nearest.values()))) if nearest else {}
    own = set() if liked is None else set(liked.track_ids.tolist())
    found = {}
    for candidate in chosen:
        track_id, why = candidate.track.id, list[Reason]()
        if track_id in own:
            why.append(Reason(ReasonKind.HEARD_BEFORE, "You have listened to it before", track_id))
        near = heard.get(nearest.get(track_id, 0))
        if near is not None and near.track.id != track_id:
            why += reasons(near, candidate, compared=False)
            why.append(Reason(ReasonKind.NEAR_HEARD, f"Sounds like {near.track.title}, which you heard", near.track.id))
        why += _by_plays(candidate, heard_before=track_id in own)
        found[track_id] = tuple(why)
    return found


def nearest_heard(liked: Weighted, chosen: Sequence[Candidate]) -> dict[int, int]:
    """For each track with an embedding, the heard track that is nearest to it; the newest of equal ones."""
    compared = [candidate for candidate in chosen if candidate.embedding is not None]
    if not compared or not len(liked):
        return {}
    vectors: NDArray[np.float32] = np.stack([c.embedding for c in compared if c.embedding is not None])
    newest_first = liked.vectors[::-1]  # (items, dimension)
    nearest = liked.track_ids[::-1][(vectors @ newest_first.T).argmax(axis=1)]  # (compared,)
    return {candidate.track.id: int(track_id) for candidate, track_id in zip(compared, nearest, strict=True)}


def _by_plays(candidate: Candidate, *, heard_before: bool) -> list[Reason]:
    plays, track_id, found = candidate.plays, candidate.track.id, list[Reason]()
    if plays is None:
        return found
    if plays.own and not heard_before:
        found.append(Reason(ReasonKind.HEARD_BEFORE, "You have listened to it before", track_id))
    if plays.own_of_composer and not plays.own and candidate.composer_name is not None:
        found.append(Reason(ReasonKind.SAME_COMPOSER, f"You have listened to {candidate.composer_name}", track_id))
    if plays.listeners:
        people = "One listener" if plays.listeners == 1 else f"{plays.listeners} listeners"
        found.append(Reason(ReasonKind.POPULAR_HERE, f"{people} played it here", track_id))
    return found
