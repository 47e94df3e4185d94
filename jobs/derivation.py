"""Spaces that are computed from others: made, kept in step with what is embedded, and made again with their parents.

A new revision is filled beside the one that answers. From the moment it is there, whatever embeds a track into a parent
computes it here too, in the same transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine

from domain.errors.asking import SpaceNotReady
from domain.errors.base import SegueError
from domain.errors.derived import DimensionTooLarge, NothingInCommon, SpaceNameTaken, SpaceNameUnusable
from domain.errors.training import ModelOutdated
from domain.spaces import find_facts
from jobs.item_towers import ItemTowers
from jobs.model_space import place, placeable
from ml.backends.protocol import halves
from ml.whitening import Vectors, Whitening, fit, rank, unit_rows
from sql.spaces import derived_rows
from sql.spaces.derived_rows import DerivedRevision, Fitted, SpaceRow
from sql.spaces.patches import PatchVectors, fill_segments, load_patches, save_patches
from sql.spaces.revisions import lock_space
from sql.spaces.vectors import Rows, segment_vectors, track_ids, track_vectors, write_vectors

log = logging.getLogger(__name__)

WHITEN = "whiten"
CONCAT = "concat"
MODEL = "model"
NAME = re.compile(r"[a-z0-9][a-z0-9+-]{0,59}")
TRACKS_AT_ONCE = 200


class Derived(NamedTuple):
    """A space that was computed, from so many tracks; `revision_id` answers for it now."""

    name: str
    dimension: int
    tracks: int
    revision_id: int


def derive_whitened(engine: Engine, space: str, dimension: int, name: str | None = None) -> Derived:
    """Whiten a space to `dimension` and let the result answer as `name`, by default "SPACE-wDIMENSION".

    Fitted on the vectors of the tracks that are in it now, without labels; again, on those of then. Raises
    SpaceNotFound, SpaceNotReady, DimensionTooLarge, SpaceNameTaken, SpaceNameUnusable.
    """
    return _derive(engine, name or f"{space}-w{dimension}", WHITEN, [space], dimension)


def derive_joined(engine: Engine, spaces: Sequence[str], name: str | None = None) -> Derived:
    """Put the vectors of several spaces side by side, each with the same weight, and let the result answer as `name`,
    by default "ONE+OTHER". A track that is not in all of them is left out.

    Raises SpaceNotFound, SpaceNotReady, NothingInCommon, SpaceNameTaken, SpaceNameUnusable.
    """
    return _derive(engine, name or "+".join(spaces), CONCAT, spaces, None)


def derive_by_model(
    engine: Engine,
    space: str | None,
    name: str,
    dimension: int,
    towers: ItemTowers,
    own: Callable[[Connection, int], object],
) -> Derived:
    """Pass all tracks through a model's item tower, from an audio space, or from none where content plays no part, and
    let the result answer as `name`. `own` is called with the space's id in the transaction that makes it: it ties the
    model to it.

    A training that was killed meanwhile may ask again: the space is filled anew. Raises SpaceNotFound, SpaceNotReady,
    SpaceNameTaken.
    """
    with engine.begin() as connection:
        rows = [] if space is None else [derived_rows.answering_space(connection, space)]
        lock_space(connection, name)
        found = derived_rows.find_space(connection, name)
        if found is not None and (found.kind, found.dimension) != (MODEL, dimension):
            raise SpaceNameTaken(name=name)
        backend = rows[0].backend if rows else "none"
        revision_id = _begin(connection, rows, MODEL, dimension, found.id if found else None, name, backend)
        made = derived_rows.find_space(connection, name)
        assert made is not None  # noqa: S101 -- just made
        own(connection, made.id)
    return _finish(engine, name, revision_id, towers)


def derive_track(connection: Connection, revision_id: int, track_id: int, towers: ItemTowers | None = None) -> None:
    """Compute a track that was just written into a revision in all that is computed from it, and so on. Without
    `towers`, or where a model's file cannot be had, its space is left as it is, to be brought in step later."""
    for derived in derived_rows.derived_from(connection, revision_id):
        try:
            filled = _fill(connection, derived, [track_id], towers)
        except SegueError as error:
            if derived.artefact is None:
                raise
            log.warning("Track %d is not in space '%s' yet: %s", track_id, derived.space, error)
            continue
        if filled:
            derive_track(connection, derived.revision_id, track_id, towers)


def follow_parents(engine: Engine, space: str, towers: ItemTowers | None = None) -> list[SpaceRow]:
    """Bring what is computed from a space in step with it: make again what was computed from another revision of it,
    and add what is missing. Returns the spaces that follow, as they are now.

    What cannot be computed any more is only logged: its earlier revision goes on answering. Without `towers`, so do
    models.
    """
    following: list[SpaceRow] = []
    with engine.connect() as connection:
        parent = derived_rows.find_space(connection, space)
        below = derived_rows.children(connection, parent.id) if parent is not None else []
        outdated = {child.id for child in below if derived_rows.is_outdated(connection, child.id)}
    for child in below:
        try:
            if child.id in outdated:
                _refill(engine, child, towers)
            else:
                _catch_up(engine, child, towers)
        except (DimensionTooLarge, NothingInCommon, SpaceNotReady, ModelOutdated) as error:
            log.error("Space '%s' does not follow '%s': %s", child.name, space, error)
        with engine.connect() as connection:
            following.append(derived_rows.space_by_id(connection, child.id))
        following += follow_parents(engine, child.name, towers)
    return following


def _derive(engine: Engine, name: str, kind: str, parents: Sequence[str], dimension: int | None) -> Derived:
    if not NAME.fullmatch(name):
        raise SpaceNameUnusable(name=name)
    with engine.begin() as connection:
        rows = [derived_rows.answering_space(connection, parent) for parent in parents]
        joined = sum(row.dimension for row in rows)
        lock_space(connection, name)
        found = derived_rows.find_space(connection, name)
        same = found is not None and (found.kind, found.parents, found.dimension) == (
            kind,
            [row.id for row in rows],
            dimension or joined,
        )
        if find_facts(name) is not None or (found is not None and not same):
            raise SpaceNameTaken(name=name)
        backend = "+".join(dict.fromkeys(part for row in rows for part in row.backend.split("+")))
        revision_id = _begin(connection, rows, kind, dimension or joined, found.id if found else None, name, backend)
    return _finish(engine, name, revision_id)


def _refill(engine: Engine, space: SpaceRow, towers: ItemTowers | None) -> Derived:
    with engine.begin() as connection:
        lock_space(connection, space.name)
        rows = [derived_rows.space_by_id(connection, parent) for parent in space.parents]
        assert space.kind is not None  # noqa: S101 -- it is a child
        if space.kind == MODEL and space.revision != _made_by(rows):
            raise ModelOutdated(name=space.name, space=rows[0].name)
        revision_id = _begin(connection, rows, space.kind, space.dimension, space.id, space.name, space.backend)
    log.info("Computing space '%s' again", space.name)
    return _finish(engine, space.name, revision_id, towers)


def _begin(
    connection: Connection,
    parents: Sequence[SpaceRow],
    kind: str,
    dimension: int,
    space_id: int | None,
    name: str,
    backend: str,
) -> int:
    """Make an empty revision, of a new space where there is none yet."""
    sources = [_active(parent) for parent in parents]
    fitted = _fit(connection, parents[0], sources[0], dimension) if kind == WHITEN else None
    if kind == CONCAT and not set.intersection(*(track_ids(connection, source) for source in sources)):
        raise NothingInCommon(spaces=", ".join(f"'{parent.name}'" for parent in parents))
    if space_id is None:
        space_id = derived_rows.make_space(
            connection, name, backend, dimension, kind, [parent.id for parent in parents]
        )
    revision = f"{_made_by(parents)}, whitened to {dimension}" if kind == WHITEN else _made_by(parents)
    return derived_rows.make_revision(connection, space_id, dimension, revision, sources, fitted)


def _made_by(parents: Sequence[SpaceRow]) -> str:
    return " + ".join(str(parent.revision) for parent in parents) or "learned"


def _fit(connection: Connection, parent: SpaceRow, revision_id: int, dimension: int) -> Fitted:
    vectors = track_vectors(connection, revision_id).vectors
    if not len(vectors):
        raise SpaceNotReady(name=parent.name)
    most = rank(vectors)
    if dimension > most:
        raise DimensionTooLarge(
            space=parent.name, asked=dimension, tracks=len(vectors), dimension=parent.dimension, most=most
        )
    whitening = fit(vectors, dimension)
    return Fitted(len(vectors), whitening.mean, whitening.projection)


def _finish(engine: Engine, name: str, revision_id: int, towers: ItemTowers | None = None) -> Derived:
    """Fill a new revision and let it answer."""
    with engine.connect() as connection:
        derived = derived_rows.derived_revision(connection, revision_id)
    _fill_missing(engine, derived, towers)
    with engine.begin() as connection:
        lock_space(connection, name)
        # What was embedded by a transaction that could not see the new revision yet.
        _fill(connection, derived, sorted(_missing(connection, derived, towers)), towers)
        fill_segments(connection, revision_id)
        space = derived_rows.find_space(connection, name)
        assert space is not None  # noqa: S101 -- its lock is held
        derived_rows.activate_derived(connection, space.id, revision_id)
        tracks = len(track_ids(connection, revision_id))
    return Derived(name, space.dimension, tracks, revision_id)


def _catch_up(engine: Engine, space: SpaceRow, towers: ItemTowers | None) -> None:
    if space.active_revision_id is None:
        return
    with engine.connect() as connection:
        derived = derived_rows.derived_revision(connection, space.active_revision_id)
    _fill_missing(engine, derived, towers)
    with engine.begin() as connection:
        derived_rows.mark_derived_ready(connection, derived.revision_id)


def _fill_missing(engine: Engine, derived: DerivedRevision, towers: ItemTowers | None) -> None:
    with engine.connect() as connection:
        left = sorted(_missing(connection, derived, towers))
    for start in range(0, len(left), TRACKS_AT_ONCE):
        with engine.begin() as connection:
            _fill(connection, derived, left[start : start + TRACKS_AT_ONCE], towers)


def _missing(connection: Connection, derived: DerivedRevision, towers: ItemTowers | None) -> set[int]:
    """What could be in a revision and is not."""
    if derived.artefact is not None:
        can = placeable(connection, derived, towers) if towers is not None else set()
        return can - track_ids(connection, derived.revision_id)
    there = [track_ids(connection, parent) for parent in derived.parents]
    return set.intersection(*there) - track_ids(connection, derived.revision_id)


def _fill(
    connection: Connection, derived: DerivedRevision, ids: Sequence[int], towers: ItemTowers | None = None
) -> int:
    """Compute tracks, their segments and patches from the parents; returns how many tracks all parents have. A model
    places whole tracks."""
    if not ids:
        return 0
    if derived.artefact is not None:
        return place(connection, derived, ids, towers) if towers is not None else 0
    tracks = _together(derived, [track_vectors(connection, parent, ids) for parent in derived.parents])
    own = tracks.ids.tolist()
    segments = _together(derived, [segment_vectors(connection, parent, own) for parent in derived.parents])
    write_vectors(connection, derived.revision_id, tracks, segments)
    for track_id in own:
        patches = [load_patches(connection, parent, track_id) for parent in derived.parents]
        save_patches(connection, derived.revision_id, track_id, _patches(derived, patches))
    return len(own)


def _together(derived: DerivedRevision, of_parents: Sequence[Rows]) -> Rows:
    """The derived vectors of what every parent has a vector of."""
    first, *others = of_parents
    common = first.ids
    for other in others:
        common = np.intersect1d(common, other.ids)
    places = [np.searchsorted(rows.ids, common) for rows in of_parents]
    if not len(common):
        return Rows(common, common, np.empty((0, 0), np.float32))
    vectors = [rows.vectors[place] for rows, place in zip(of_parents, places, strict=True)]
    return Rows(common, first.tracks[places[0]], unit_rows(_computed(derived, vectors)))


def _computed(derived: DerivedRevision, of_parents: Sequence[Vectors]) -> Vectors:
    """Vectors (n, own dimension), of any length, from unit vectors (n, dimension) of each parent."""
    if derived.mean is not None and derived.projection is not None:
        return Whitening(derived.mean, derived.projection).unscaled(of_parents[0])
    return np.concatenate(of_parents, axis=1)


def _patches(derived: DerivedRevision, of_parents: Sequence[PatchVectors | None]) -> PatchVectors | None:
    """The derived vectors of patches, where all parents hear in the same ones."""
    known = [patches for patches in of_parents if patches is not None]
    cut = {(len(patches.vectors), patches.patch_seconds, patches.hop_seconds) for patches in known}
    if len(known) < len(of_parents) or len(cut) != 1:
        return None
    vectors = _computed(derived, [unit_rows(patches.vectors.astype(np.float32)) for patches in known])
    return PatchVectors(halves(vectors), known[0].patch_seconds, known[0].hop_seconds)


def _active(space: SpaceRow) -> int:
    if space.active_revision_id is None:
        raise SpaceNotReady(name=space.name)
    return space.active_revision_id
