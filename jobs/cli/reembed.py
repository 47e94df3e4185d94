"""`segue reembed`: hear the archive, or a part of it, again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings
from jobs.cli.worker import default_processes

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from domain.jobs import Job
    from domain.selections import Selection
    from domain.settings import Settings
    from jobs.queue import JobQueue

FAILURES_SHOWN = 20

Space = Annotated[str, typer.Option(help="The space to fill anew, named after its backend")]
Where = Annotated[str | None, typer.Option(help="Only these tracks: composer=NAME, album=TITLE, failed or stale")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how many tracks, how long, how much disk")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Worker processes to start for it [none if some run already, else one a core]"),
]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing", help="Swap even if tracks are lost that cannot be heard again")
]


def reembed(
    space: Space = DEFAULT_SPACE,
    where: Where = None,
    dry_run: DryRun = False,
    workers: Workers = None,
    allow_missing: AllowMissing = False,
    data_dir: DataDir = None,
) -> None:
    """Hear the archive again, beside what visitors find.

    A new revision is filled beside the old one and takes its place when the last track is in. Run again, it goes on
    where it was. With --where, only some tracks are heard again, each replaced at once.
    """
    from domain.selections import Selection
    from jobs.cli.at_hand import require_backend
    from jobs.cli.database import ready_address
    from jobs.queue import JobQueue
    from sql.engine import make_engine

    selection = Selection.parse(where) if where is not None else None
    if selection is not None and allow_missing:
        raise typer.BadParameter("it is about a whole re-embedding, without --where", param_hint="--allow-missing")
    settings = read_settings(data_dir=data_dir)
    url = ready_address(settings)
    engine = make_engine(url)
    try:
        if dry_run:
            _say_estimate(engine, settings, space, selection, workers)
            return
        require_backend(engine, settings, space)
        queue = JobQueue.of(url, settings.broker_url)
        try:
            job_id = _request(engine, queue, space, selection, allow_missing=allow_missing)
        finally:
            queue.close()
        if job_id is not None:
            _follow(engine, settings, space, selection, job_id, workers)
    finally:
        engine.dispose()


def _request(
    engine: Engine, queue: JobQueue, space: str, selection: Selection | None, *, allow_missing: bool
) -> UUID | None:
    """Ask for it, and say what was begun or joined. None when there is nothing to do."""
    from jobs.cli.console import count, say
    from jobs.reembed_job import request_reembedding, request_rehearing
    from sql.overview import job as read_job

    if selection is None:
        asked = request_reembedding(engine, queue, space, allow_missing=allow_missing)
        job = asked.job
        news = (
            f"Job {job.id}: {count(job.total, 'track')} for a new revision of '{space}'; the old one answers meanwhile"
        )
        if asked.held:
            begun = asked.begun_at.astimezone().strftime("%Y-%m-%d %H:%M")
            news = (
                f"Job {job.id} goes on with the revision of '{space}' begun on {begun}:"
                f" {asked.held:,} of {count(asked.embeddable, 'track')} are in already"
            )
    else:
        found = request_rehearing(engine, queue, space, selection)
        if found is None:
            say(f"Nothing to hear again: no track of '{space}' is meant by --where {selection}")
            return None
        job = found
        news = f"Job {job.id}: {count(job.total, 'track')} of '{space}' to be heard again"
    if job.joined:
        with engine.connect() as connection:
            now = read_job(connection, job.id)
        done = now.done + now.failed if now else 0
        news = f"Joined job {job.id}, which is under way: {done:,} of {count(job.total, 'track')} done"
        if selection is not None:
            news += f", {job.added:,} added"
    say(news)
    return job.id


def _follow(
    engine: Engine, settings: Settings, space: str, selection: Selection | None, job_id: UUID, workers: int | None
) -> None:
    from contextlib import nullcontext
    from shlex import join

    from jobs.cli.at_hand import living_workers
    from jobs.cli.children import Child, Family
    from jobs.cli.console import say, shown
    from jobs.cli.database import keep_running
    from jobs.cli.embed import follow
    from jobs.cli.logs import logs_folder
    from jobs.cli.rest import say_rest_of_all, say_rest_of_own

    processes = workers or (0 if living_workers(engine) else default_processes())
    own = Child("worker", logs_folder(settings.data_dir), [f"--processes={processes}"])
    family = Family([own], lambda: keep_running(settings)) if processes else None
    try:
        if family:
            say(f"Working on it here; the worker's log is {shown(own.log)}")
            say_rest_of_own(settings)
        else:
            say_rest_of_all(engine)
        with family or nullcontext():
            job = follow(engine, job_id, family.check if family else lambda: None)
    except KeyboardInterrupt:
        again = ["segue", "reembed"]
        again += ["--space", space] if space != DEFAULT_SPACE else []
        again += ["--where", str(selection)] if selection else []
        news = "Interrupted; what is done stays done. Go on" if family else "The workers go on with it. Look on again"
        say(f"{news} with: {join(again)}; end it with: segue jobs cancel {job_id}")
        raise
    _say_end(engine, space, selection, job)


def _say_end(engine: Engine, space: str, selection: Selection | None, job: Job) -> None:
    from domain.jobs import JobStatus
    from jobs.cli.console import count, say
    from sql.queue.job_care import list_items

    with engine.connect() as connection:
        failed = list_items(connection, job.id, "FAILED")
    if failed:
        say("Could not be heard:")
    for item in failed[:FAILURES_SHOWN]:
        say(f"  '{item.title}': {item.error}")
    if len(failed) > FAILURES_SHOWN:
        say(f"  and {len(failed) - FAILURES_SHOWN:,} more: segue jobs show {job.id}")
    if job.status is JobStatus.FAILED:
        say(job.error or "The job failed", style="red")
        raise typer.Exit(1)
    if job.status is JobStatus.CANCELLED:
        again = f"jobs retry {job.id}" if selection else f"reembed --space {space}"
        say(f"The job was cancelled with {job.done:,} of {count(job.total, 'track')} done; go on with: segue {again}")
        raise typer.Exit(1)
    if selection is not None:
        say(f"{count(job.done, 'track')} of '{space}' heard again")
    else:
        say(
            f"'{space}' answers with its new revision. The old one stays until segue prune; back to it with:"
            f" segue restore --space {space}"
        )


def _say_estimate(
    engine: Engine, settings: Settings, space: str, selection: Selection | None, workers: int | None
) -> None:
    from jobs.cli.at_hand import living_workers
    from jobs.cli.console import amount, count, duration, say_fields
    from jobs.reembed_estimate import estimate_reembedding, estimate_rehearing

    with engine.connect() as connection:
        if selection is None:
            estimate = estimate_reembedding(connection, space, settings.index_threshold)
        else:
            estimate = estimate_rehearing(connection, space, selection)
    processes = workers or living_workers(engine) or default_processes()
    held = f"; {estimate.held:,} more are in already" if estimate.held else ""
    source = "as measured here" if estimate.measured else "as a guess: nothing was measured here yet"
    disk = "no more than now"
    if selection is None:
        disk = f"about {amount(estimate.vector_bytes)} of vectors"
        disk += f" and {amount(estimate.index_bytes)} of index" if estimate.index_bytes else ""
        disk += "; the old revision keeps its own until segue prune"
    say_fields(
        [
            ("Tracks", f"{count(estimate.tracks, 'track')}, {duration(estimate.audio_seconds)} of music{held}"),
            (
                "Time",
                f"about {duration(estimate.seconds(processes))} with {count(processes, 'worker')},"
                f" each {estimate.rate:,.0f} times as fast as the music, {source}",
            ),
            ("Disk", disk),
        ]
    )
