"""`segue map`: a space in two dimensions, for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine

    from domain.settings import Settings

Space = Annotated[str, typer.Option(help="The space to draw")]


def map_(space: Space = DEFAULT_SPACE, data_dir: DataDir = None) -> None:
    """Draw a space on a plane: what sounds alike lies together.

    The page shows it, and workers draw it again by themselves when it has changed.
    """
    from jobs.cli.console import say
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.queue.workers import count_workers

    settings = read_settings(data_dir=data_dir)
    url = ready_address(settings)
    engine = make_engine(url)
    try:
        job_id = ask_for_map(engine, url, settings, space)
        with engine.connect() as connection:
            workers = count_workers(connection)
        say(f"Job {job_id} draws '{space}'. Follow it with: segue jobs show {job_id}")
        if not workers:
            say("No worker is running. Start one with: segue worker")
    finally:
        engine.dispose()


def ask_for_map(engine: Engine, url: str, settings: Settings, space: str) -> UUID:
    """Ask the workers for a map; returns the job's id. Raises SpaceNotFound, SpaceNotReady."""
    from jobs.queue import DRAW_MAP, JobQueue
    from jobs.sweeper import start_job
    from sql.spaces.map_jobs import request_map_at

    job_id = request_map_at(url, space)
    queue = JobQueue.of(url, settings.broker_url)
    try:
        start_job(engine, queue, DRAW_MAP, job_id)
    finally:
        queue.close()
    return job_id
