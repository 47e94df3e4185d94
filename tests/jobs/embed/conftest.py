"""An ear for all tests of a module, and lanes that hear with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Event

import pytest
from sqlalchemy import Engine

from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.embed import EmbedLanes
from jobs.embed_job import request_embedding
from jobs.hearing.ear import Ear
from jobs.lanes import Lanes
from jobs.queue import JobQueue
from sql.queue.job_rows import RequestedJob
from tests.jobs.embed.lanes import MANY, SPACE, ear


@pytest.fixture(scope="module", autouse=True)
def one_ear() -> Iterator[None]:
    """The ear of all tests here, which is ended with them."""
    yield
    ear(SPACE).close()


@pytest.fixture
def make_lanes(engine: Engine, queue: JobQueue) -> Callable[..., EmbedLanes]:
    def make(
        make_ear: Callable[[str], Ear] = ear,
        *,
        stopping: Event | None = None,
        resting: Event | None = None,
        turn_seconds: float = 0.0,  # a message for each track
        index_threshold: int = MANY,
        more_lanes: Callable[[], object] = lambda: None,
    ) -> EmbedLanes:
        return EmbedLanes(
            Lanes(
                engine,
                queue,
                process="here:1",
                stopping=stopping or Event(),
                resting=resting or Event(),
                turn_seconds=turn_seconds,
            ),
            index_threshold=index_threshold,
            audio=AudioSource.of(Settings()),
            make_ear=make_ear,
            more_lanes=more_lanes,
        )

    return make


@pytest.fixture
def request_job(engine: Engine, queue: JobQueue) -> Callable[..., RequestedJob]:
    return partial(request_embedding, engine, queue, SPACE, index_threshold=MANY)
