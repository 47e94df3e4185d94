"""Why a track is recommended, from facts alone: nothing is said that the archive does not hold."""

from __future__ import annotations

from domain.recommendations import Candidate, Reason, ReasonKind

MAX_TAGS = 3


def reasons(seed: Candidate, candidate: Candidate, *, compared: bool) -> tuple[Reason, ...]:
    """What seed and candidate have in common, strongest first; where there is nothing else to say and the two were
    compared by sound, that."""
    found: list[Reason] = []
    if seed.track.work_id is not None and seed.track.work_id == candidate.track.work_id:
        found.append(Reason(ReasonKind.SAME_WORK, f"Also from {candidate.work_title}", seed.track.id))
    composers = [composer.name for composer in candidate.composers if composer in seed.composers]
    if composers:
        found.append(Reason(ReasonKind.SAME_COMPOSER, f"Also by {' and '.join(composers)}", seed.track.id))
    if seed.track.album_id is not None and seed.track.album_id == candidate.track.album_id:
        found.append(Reason(ReasonKind.SAME_ALBUM, f"Also on {candidate.album_title}", seed.track.id))
    shared = [tag for tag in seed.tags if tag in candidate.tags][:MAX_TAGS]
    if shared:
        found.append(Reason(ReasonKind.SHARED_TAGS, f"Both sound like: {', '.join(shared)}", seed.track.id))
    if compared and not found:
        found.append(Reason(ReasonKind.SOUNDS_ALIKE, f"Sounds like {seed.track.title}", seed.track.id))
    return tuple(found)
