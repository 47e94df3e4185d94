"""The space of a trained model: every track that its item tower can place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from jobs.item_towers import ItemTowers
from ml.serving.item_tower import OnnxItemTower
from sql.spaces.derived_rows import DerivedRevision
from sql.spaces.vectors import Rows, existing_tracks, track_ids, track_vectors, write_vectors


def placeable(connection: Connection, derived: DerivedRevision, towers: ItemTowers) -> set[int]:
    """The tracks that a model can place: those of its audio space, or, where content plays no part, those it learned
    of that are still there."""
    if derived.parents:
        return track_ids(connection, derived.parents[0])
    return existing_tracks(connection, _tower(derived, towers).items.tolist())


def place(connection: Connection, derived: DerivedRevision, ids: Sequence[int], towers: ItemTowers) -> int:
    """Pass tracks through a model's item tower into its own space; returns how many have a place there. What the model
    cannot know has none."""
    if derived.parents:
        found = track_vectors(connection, derived.parents[0], ids)
        keys, vectors = found.ids, _tower(derived, towers).vectors(found.vectors, found.ids)
    else:
        keys = np.array(sorted(ids), np.int64)
        vectors = _tower(derived, towers).vectors(None, keys)
    placed = np.linalg.norm(vectors, axis=1) > 0
    tracks = Rows(keys[placed], keys[placed], vectors[placed])
    nothing = np.empty(0, np.int64)
    write_vectors(connection, derived.revision_id, tracks, Rows(nothing, nothing, np.empty((0, 0), np.float32)))
    return int(placed.sum())


def _tower(derived: DerivedRevision, towers: ItemTowers) -> OnnxItemTower:
    assert derived.artefact is not None  # noqa: S101 -- it is a model's
    return towers.of(derived.artefact)
