"""Lanes as a worker runs them, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import Engine, text

from jobs.embed import EmbedLanes
from jobs.hearing.answers import Hearing
from jobs.hearing.confined import Interrupted, never
from jobs.hearing.ear import Ear
from jobs.hearing.limits import Limits
from ml.backends.registry import load
from sql.queue.lanes import open_lane

SPACE = "musicnn-mtt"
MANY = 1_000_000

musicnn = cache(partial(load, threads=1))
ear = cache(partial(Ear, threads=1, limits=Limits()))


class Broken(Ear):
    """An ear that raises instead of hearing; `before` happens first."""

    def __init__(self, error: Exception, before: Callable[[], object] = lambda: None) -> None:
        super().__init__(SPACE, threads=1, limits=Limits())
        self._error = error
        self._before = before

    def start(self) -> None:
        pass

    def hear(self, path: Path, interrupted: Callable[[], bool] = never) -> Hearing:
        self._before()
        raise Interrupted if interrupted() else self._error


def messages(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM dramatiq.queue")).scalar_one())


def run(lanes: EmbedLanes, engine: Engine, job_id: UUID) -> int:
    """Run a lane as a worker would, a message for each turn; returns the number of turns."""
    turns = 0
    while True:
        before = messages(engine)
        turn(lanes, engine, job_id)
        turns += 1
        if messages(engine) == before:
            return turns
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM dramatiq.queue"))


def turn(lanes: EmbedLanes, engine: Engine, job_id: UUID) -> None:
    """One turn of a lane of its own."""
    lane_id = uuid4()
    with engine.begin() as connection:
        # Also for a job that is gone, whose lanes have gone with it.
        if connection.scalar(text("SELECT count(*) FROM jobs WHERE id = :id"), {"id": job_id}):
            lane_id = open_lane(connection, job_id)
    lanes.embed_next(str(job_id), str(lane_id))


def job_row(engine: Engine, job_id: UUID) -> tuple[object, ...]:
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT status, total, done, failed, error FROM jobs WHERE id = :id"), {"id": job_id}
        )
        return tuple(row.one())


def items(engine: Engine) -> list[tuple[object, ...]]:
    """(title, state, attempts, error) of every item."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT t.title, i.state, i.attempts, i.error FROM job_items i JOIN tracks t ON t.id = i.track_id "
                "ORDER BY t.id"
            )
        )
        return [tuple(row) for row in rows]


def failures(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t.title, f.reason FROM embedding_failures f JOIN tracks t ON t.id = f.track_id ORDER BY t.id")
        )
        return [(title, reason) for title, reason in rows]


def embedded(engine: Engine) -> dict[str, np.ndarray]:
    """The stored track vectors by title."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t.title, e.embedding::text FROM track_embeddings e JOIN tracks t ON t.id = e.track_id")
        )
        return {title: np.array(vector.strip("[]").split(","), np.float32) for title, vector in rows}
