"""The id of a list that nobody stores: what was recommended, signed, so that a later play can refer to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from domain.recommendations import RecommendationList, SegmentList
from domain.signing import Signer

PURPOSE = "list"
SEGMENT_PURPOSE = "segment-list"


@dataclass(frozen=True, slots=True)
class SignedList:
    """What the id of a list says: `track_ids` in the order of their ranks."""

    strategy: str | None
    space: str | None
    track_ids: tuple[int, ...]


def list_token(signer: Signer, seed_track_id: int, recommended: RecommendationList) -> str:
    """A signed text that names strategy, space, seed and the items in rank order. It holds no time: the same list has
    the same id, so answers can be cached."""
    text = {
        "strategy": recommended.strategy,
        "space": recommended.space,
        "seed": seed_track_id,
        "items": [item.candidate.track.id for item in recommended.items],
    }
    return _signed(signer, PURPOSE, text)


def read_list(signer: Signer, token: str) -> SignedList | None:
    """The list of tracks that has this id; None for any other text."""
    text = signer.verify(PURPOSE, token)
    if text is None:
        return None
    said = json.loads(text)
    return SignedList(said["strategy"], said["space"], tuple(said["items"]))


def read_segment_list(signer: Signer, token: str) -> tuple[str, tuple[int, ...]] | None:
    """Space and segments, in the order of their ranks, of the list of segments that has this id; None for any other
    text."""
    text = signer.verify(SEGMENT_PURPOSE, token)
    if text is None:
        return None
    said = json.loads(text)
    return said["space"], tuple(said["items"])


def segment_list_token(
    signer: Signer, seed_track_id: int, start_seconds: float, end_seconds: float, found: SegmentList
) -> str:
    """The same for a list of segments; its items are segments."""
    text = {
        "space": found.space,
        "seed": seed_track_id,
        "range": [start_seconds, end_seconds],
        "items": [item.segment.id for item in found.items],
    }
    return _signed(signer, SEGMENT_PURPOSE, text)


def _signed(signer: Signer, purpose: str, text: dict[str, Any]) -> str:  # Any: strings, numbers and lists of them
    return signer.sign(purpose, json.dumps(text, separators=(",", ":")))
