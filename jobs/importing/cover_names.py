"""What an image is called that lies beside recordings as their cover."""

from __future__ import annotations

import os

# The best first: what people call it, and what ripping programs leave.
STEMS = ("cover", "front", "folder", "album", "albumart", "artwork")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def cover_rank(name: str) -> int | None:
    """The place of an image of this name among the covers of a folder, from 0; None for any other file."""
    stem, suffix = os.path.splitext(name.casefold())
    return STEMS.index(stem) if suffix in SUFFIXES and stem in STEMS else None
