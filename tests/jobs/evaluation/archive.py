"""An archive of two kinds of music in two spaces, which are the same."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from domain.names import person_sort_key
from domain.spaces import BACKENDS
from ml.whitening import unit_rows
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.revisions import mark_ready, open_revision
from tests.jobs.training.listeners import fill, listen

# Even tracks are by one composer, odd ones by another; each album has six of both kinds.
COMPOSERS = ("Clara Schumann", "Antonín Dvořák")
TRACKS = 60


def furnish(connection: Connection, users: int = 30) -> list[int]:
    """The tracks of `tests.jobs.training.listeners`, with composers, albums and keys of a catalogue, "0" to "59"; their
    space `musicnn-mtt`, and the same vectors again as `musicnn-msd`. Returns the tracks' ids."""
    ids = fill(connection, TRACKS)
    listen(connection, ids, users)
    composers = [
        connection.execute(
            text("INSERT INTO composers (name, sort_key) VALUES (:name, :key) RETURNING id"),
            {"name": name, "key": person_sort_key(name)},
        ).scalar_one()
        for name in COMPOSERS
    ]
    albums = [
        connection.execute(
            text("INSERT INTO albums (folder, title, sort_key) VALUES (:name, :name, :name) RETURNING id"),
            {"name": f"Album {number}"},
        ).scalar_one()
        for number in range(5)
    ]
    for number, id_ in enumerate(ids):
        connection.execute(
            text("UPDATE tracks SET composer_id = :c, album_id = :a, catalogue_id = :k WHERE id = :id"),
            {"c": composers[number % 2], "a": albums[number // 12], "k": str(number), "id": id_},
        )
    vectors = unit_rows(np.stack([_vector(connection, id_) for id_ in ids]))
    add_space(connection, "musicnn-msd", ids, vectors)
    return ids


def add_space(connection: Connection, name: str, ids: list[int], vectors: NDArray[np.float32]) -> None:
    """A full space with these vectors."""
    facts = dataclasses.replace(BACKENDS[name], dimension=vectors.shape[1])
    revision_id = open_revision(connection, facts).revision_id
    for id_, vector in zip(ids, vectors, strict=True):
        save_track_embedding(connection, revision_id, id_, vector=vector, segments=())
    mark_ready(connection, revision_id)


def _vector(connection: Connection, track_id: int) -> NDArray[np.float32]:
    found = connection.execute(
        text("SELECT embedding::text FROM track_embeddings WHERE track_id = :id"), {"id": track_id}
    ).scalar_one()
    return np.array(found.strip("[]").split(","), dtype=np.float32)
