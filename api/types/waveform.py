"""A track's outline in as many points as a player has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
import strawberry

from domain.errors.asking import InvalidPoints

if TYPE_CHECKING:
    from sql.catalogue.waveforms import Peaks

DEFAULT_POINTS = 1_000
MAX_POINTS = 4_000
FULL_SCALE = 65_535
# Finer than anything that is drawn.
DIGITS = 4

Points = Annotated[int, strawberry.argument(description="In how many points, 1 to 4000.")]


def drawn(peaks: Peaks | None, points: int) -> list[float] | None:
    """The largest of `peaks` in each of `points` equal parts, as a fraction of full scale: each peak is in one of them.

    Raises InvalidPoints.
    """
    if not 1 <= points <= MAX_POINTS:
        raise InvalidPoints(points=points, maximum=MAX_POINTS)
    if peaks is None:
        return None
    largest = np.maximum.reduceat(peaks, np.arange(points) * len(peaks) // points)
    fractions: list[float] = np.round(largest / FULL_SCALE, DIGITS).tolist()
    return fractions
