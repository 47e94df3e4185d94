"""The work that a confined process does on one picture: find it and check it."""

from __future__ import annotations

from pathlib import Path

from jobs.hearing.answers import pack_picture
from jobs.hearing.decoding import Work
from ml.backends.protocol import Means
from ml.container import Watch
from ml.pictures import examine, find_picture


def viewing(backend: str | None, means: Means) -> Work:
    """Look at pictures; there is nothing to load."""
    return view


def view(path: Path, watch: Watch) -> tuple[dict[str, object], bytes]:
    """The picture of a recording or of an image file. Raises as `ml.pictures` does."""
    found = find_picture(path)
    return pack_picture(None if found is None else examine(path, found))
