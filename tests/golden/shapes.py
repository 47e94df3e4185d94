"""Names and shapes as golden files keep them."""

from __future__ import annotations

import json
from collections.abc import Iterable


def shapes(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """ "layer.weight [3, 4]" to {"layer.weight": (3, 4)}."""
    return {name: tuple(json.loads(shape)) for name, shape in (line.split(" ", 1) for line in names)}
