"""Operations to begin with, as GraphiQL opens with them: the files in `examples/`, in the order of their names."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from domain import ids

FOLDER = Path(__file__).parent / "examples"
TRACK, OTHER_TRACK = "TRACK", "OTHER_TRACK"


def examples(track_key: int, other_key: int) -> list[str]:
    """Their texts, about two tracks that are there."""
    track, other = (ids.encode("Track", key) for key in (track_key, other_key))
    return [text.replace(f'"{OTHER_TRACK}"', f'"{other}"').replace(f'"{TRACK}"', f'"{track}"') for text in _texts()]


@cache
def _texts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.graphql")))
