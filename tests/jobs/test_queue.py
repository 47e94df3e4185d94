"""Messages by actor name, from a process that loads no actor."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from jobs.queue import JobQueue


def test_ids_go_to_the_queue_of_the_actor(queue: JobQueue, engine: Engine) -> None:
    job_id = UUID("01234567-89ab-cdef-0123-456789abcdef")
    queue.enqueue("embed_next", job_id)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT queue_name, message -> 'args', message -> 'kwargs' FROM dramatiq.queue"))
        assert [tuple(row) for row in rows] == [("embed", ["01234567-89ab-cdef-0123-456789abcdef"], {})]


def test_an_unknown_actor_is_an_error(queue: JobQueue) -> None:
    with pytest.raises(KeyError, match="nobody"):
        queue.enqueue("nobody", 1)


def test_asking_for_a_job_loads_neither_actors_nor_models() -> None:
    heavy = "('torch', 'sqlalchemy', 'sqlmodel', 'av', 'soxr', 'onnxruntime', 'ml', 'jobs.embed')"
    program = f"import sys, jobs.queue; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
