"""A map is drawn when it is asked for, and again when what it shows has changed."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.asking import SpaceNotFound
from domain.spaces import BACKENDS
from jobs.lanes import Lanes
from jobs.map_job import MapJobs
from jobs.queue import JobQueue
from jobs.sweeper import sweep
from sql.queue.job_rows import begin_job, end_job, request_embed_job
from sql.spaces.due_maps import request_due_maps
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.map_jobs import request_map_at
from sql.spaces.map_rows import was_drawn
from sql.spaces.revisions import open_revision
from sql.spaces.successors import open_successor
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
SPACE = FACTS.name


class Archive:
    """A space whose tracks have vectors of two numbers, and a worker that is called instead of waited for."""

    def __init__(self, engine: Engine, lanes: Lanes, database_url: str) -> None:
        self.engine = engine
        self.url = database_url
        self.worker = MapJobs(lanes)
        self.tracks: dict[str, int] = {}
        with engine.begin() as connection:
            self.revision_id = open_revision(connection, FACTS).revision_id

    def embed(self, title: str, x: float, y: float, revision_id: int | None = None) -> None:
        """Import and embed a track, as a job does."""
        revision_id = revision_id or self.revision_id
        vector = np.array((x, y), np.float32)
        with self.engine.begin() as connection:
            if title not in self.tracks:
                self.tracks[title] = add_track(connection, title, f"/music/{title}.flac")
            job_id = request_embed_job(connection, SPACE, revision_id).id
            begin_job(connection, job_id)
            save_track_embedding(connection, revision_id, self.tracks[title], vector=vector, segments=())
            connection.execute(text("UPDATE job_items SET state = 'DONE' WHERE job_id = :id"), {"id": job_id})
            end_job(connection, job_id)

    def draw(self) -> UUID:
        """Ask for the map, and draw it."""
        job_id = request_map_at(self.url, SPACE)
        self.worker.draw_map(str(job_id))
        return job_id

    def due(self, min_seconds: float = 0.0) -> int:
        with self.engine.begin() as connection:
            return request_due_maps(connection, min_seconds=min_seconds)

    def run(self) -> None:
        for (job_id,) in self.rows("SELECT id FROM jobs WHERE kind = 'map' AND status = 'WAITING'"):
            self.worker.draw_map(str(job_id))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
        with self.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def mapped(self) -> list[str]:
        return [
            title
            for (title,) in self.rows(
                "SELECT t.title FROM map_points p JOIN tracks t ON t.id = p.track_id"
                " WHERE p.revision_id = (SELECT active_revision_id FROM spaces) ORDER BY t.title"
            )
        ]


@pytest.fixture
def archive(engine: Engine, lanes: Lanes, database_url: str) -> Archive:
    archive = Archive(engine, lanes, database_url)
    archive.embed("A", 1, 0)
    archive.embed("B", 0, 1)
    archive.embed("C", 0.6, 0.8)
    return archive


def test_a_map_is_drawn(archive: Archive) -> None:
    with archive.engine.connect() as connection:
        assert not was_drawn(connection, SPACE)
    job_id = archive.draw()
    [(status, total, done)] = archive.rows(f"SELECT status, total, done FROM jobs WHERE id = '{job_id}'")
    assert (status, total, done) == ("SUCCEEDED", 3, 3)
    assert archive.rows("SELECT method FROM space_maps") == [("PCA",)]
    assert archive.mapped() == ["A", "B", "C"]
    # The three lie on a bent line from A over C to B, and what differs most is how far along.
    places = dict(archive.rows("SELECT t.title, p.x FROM map_points p JOIN tracks t ON t.id = p.track_id"))
    assert sorted(places, key=lambda title: places[title]) in (["A", "C", "B"], ["B", "C", "A"])
    with archive.engine.connect() as connection:
        assert was_drawn(connection, SPACE)


def test_a_second_request_joins_the_first(archive: Archive) -> None:
    assert request_map_at(archive.url, SPACE) == request_map_at(archive.url, SPACE)
    with pytest.raises(SpaceNotFound, match="musicnn-mtt"):
        request_map_at(archive.url, "none")


def test_what_nobody_asked_for_is_not_drawn(archive: Archive) -> None:
    assert archive.due() == 0


def test_it_is_drawn_again_when_tracks_came(archive: Archive) -> None:
    archive.draw()
    assert archive.due() == 0
    archive.embed("D", -1, 0)
    assert archive.due(min_seconds=60) == 0  # not for each single one
    assert archive.due() == 1
    assert archive.due() == 0  # it waits already
    archive.run()
    assert archive.mapped() == ["A", "B", "C", "D"]
    assert archive.due() == 0


def test_another_revision_gets_a_map_of_its_own(archive: Archive) -> None:
    archive.draw()
    with archive.engine.begin() as connection:
        successor = open_successor(connection, FACTS).revision_id
    archive.embed("A", 0, 1, successor)
    assert archive.due() == 0  # what fills beside does not show
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE spaces SET active_revision_id = :r"), {"r": successor})
    assert archive.due() == 1
    archive.run()
    assert archive.mapped() == ["A"]
    assert archive.rows("SELECT count(*) FROM space_maps") == [(2,)]


def test_the_sweeper_sees_to_it(archive: Archive, engine: Engine, queue: JobQueue) -> None:
    archive.draw()
    archive.embed("D", -1, 0)
    with engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET created_at = now() - interval '11 minutes' WHERE kind = 'map'"))
    sweep(engine, queue)
    assert archive.rows("SELECT status FROM jobs WHERE kind = 'map' ORDER BY created_at") == [
        ("SUCCEEDED",),
        ("WAITING",),
    ]
