"""`segue embed`: everything that is not in a space yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from domain.jobs import Job
    from domain.settings import Settings
    from sql.queue.job_rows import RequestedJob

POLL_SECONDS = 0.5

Space = Annotated[str, typer.Option(help="The space to fill, named after its backend")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end; without a worker anywhere, be the worker")]


def embed(space: Space = DEFAULT_SPACE, data_dir: DataDir = None, wait: Wait = False) -> None:
    """Embed what is not in a space yet.

    This asks the workers for it (`segue worker`, `segue up`).
    """
    from domain.spaces import find_facts
    from jobs.cli.at_hand import living_workers, require_backend
    from jobs.cli.children import Child, Family
    from jobs.cli.console import count, say, shown
    from jobs.cli.database import keep_running, ready_address
    from jobs.cli.logs import logs_folder
    from jobs.cli.rest import say_rest_of_all, say_rest_of_own
    from sql.engine import make_engine

    settings = read_settings(data_dir=data_dir)
    url = ready_address(settings)
    engine = make_engine(url)
    try:
        require_backend(engine, settings, space)
        job = request(engine, url, settings, space)
        facts = find_facts(space)
        if facts is not None and not facts.commercial_use:
            say(f"The weights behind '{space}' are under {facts.licence_note}", style="yellow")
        if job.total == 0:
            say(f"Nothing to embed: '{space}' holds every track it can")
            return
        is_alone = not living_workers(engine)
        if not wait:
            say(f"Job {job.id}: {count(job.total, 'track')} for '{space}'")
            if is_alone:
                say("No worker is running. Start one with: segue worker")
            say_rest_of_all(engine)
            return
        if not is_alone:
            say_rest_of_all(engine)
            say_end(follow(engine, job.id))
            return
        own = Child("worker", logs_folder(settings.data_dir))
        say(f"Working on it here; the worker's log is {shown(own.log)}")
        say_rest_of_own(settings)
        with Family([own], lambda: keep_running(settings)) as family:
            say_end(follow(engine, job.id, family.check))
    finally:
        engine.dispose()


def request(engine: Engine, url: str, settings: Settings, space: str, *, retry_failed: bool = True) -> RequestedJob:
    """Ask for the space to be filled. Raises BackendNotFound."""
    from jobs.embed_job import request_embedding
    from jobs.queue import JobQueue

    queue = JobQueue.of(url, settings.broker_url)
    try:
        return request_embedding(
            engine, queue, space, index_threshold=settings.index_threshold, retry_failed=retry_failed
        )
    finally:
        queue.close()


def follow(
    engine: Engine,
    job_id: UUID,
    check: Callable[[], None] = lambda: None,
    *,
    step: str = "Embedding",
    things: str = "tracks",
) -> Job:
    """Show a job's progress until it has ended, and return it; `check` is called all the while and may raise. `step`
    is what it does, `things` what it counts.

    Raises JobNotFound when the job is deleted.
    """
    from sqlalchemy.exc import OperationalError

    from domain.errors.asking import JobNotFound
    from domain.jobs import JobStatus
    from jobs.cli.progress import progress
    from sql.overview import job as read_job

    with progress(step, things) as tell:
        while True:
            check()
            try:
                with engine.connect() as connection:
                    job = read_job(connection, job_id)
            except OperationalError:  # the server was killed, and is being started again
                time.sleep(POLL_SECONDS)
                continue
            if job is None:
                raise JobNotFound(id=job_id)
            # What failed as a whole did not get to its end.
            if job.status is not JobStatus.FAILED:
                tell(job.done + job.failed, job.total, job.current or "")
            if job.status.ended:
                return job
            time.sleep(POLL_SECONDS)


def say_end(job: Job) -> None:
    """What became of an embedding job."""
    from domain.jobs import JobStatus
    from jobs.cli.console import count, say

    if job.status is JobStatus.FAILED:
        say(f"Embedding failed: {job.error}", style="red")
        raise typer.Exit(1)
    if job.status is JobStatus.CANCELLED:
        say(
            f"The job was cancelled with {job.done:,} of {count(job.total, 'track')} embedded;"
            f" go on with: segue jobs retry {job.id}"
        )
        return
    say(
        f"{count(job.done, 'track')} embedded" + (f", {job.failed:,} not (segue status says why)" if job.failed else "")
    )
