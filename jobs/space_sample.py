"""The same tracks in two spaces."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection

from ml.whitening import Vectors
from sql.spaces import derived_rows
from sql.spaces.vectors import Rows, track_vectors


def common_vectors(connection: Connection, one: str, other: str, most: int) -> tuple[Vectors, Vectors, int]:
    """The vectors (n, dimension) of the tracks that both spaces hold, and how many these are; n is at most `most`,
    drawn at random but always the same. Raises SpaceNotFound, SpaceNotReady."""
    first, second = _vectors(connection, one), _vectors(connection, other)
    common = np.intersect1d(first.ids, second.ids)
    drawn = common if len(common) <= most else np.sort(np.random.default_rng(0).choice(common, most, replace=False))
    return (
        first.vectors[np.searchsorted(first.ids, drawn)],
        second.vectors[np.searchsorted(second.ids, drawn)],
        len(common),
    )


def _vectors(connection: Connection, name: str) -> Rows:
    revision_id = derived_rows.answering_space(connection, name).active_revision_id
    assert revision_id is not None  # noqa: S101 -- it answers
    return track_vectors(connection, revision_id)
