"""`segue jobs`: what was asked for, what became of it, and a second try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.jobs import JobStatus
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from sql.queue.job_care import ListedItem

jobs = typer.Typer(help="List jobs; look into one, try it again, cancel it.", rich_markup_mode=None)

ITEMS_SHOWN = 20

Status = Annotated[JobStatus | None, typer.Option(help="Only those", case_sensitive=False)]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id, or its first characters")]


@jobs.callback(invoke_without_command=True)
def list_jobs(context: typer.Context, status: Status = None, limit: Limit = 20, data_dir: DataDir = None) -> None:
    """List jobs; look into one, try it again, cancel it."""
    if context.invoked_subcommand is not None:
        read_settings(data_dir=data_dir)  # for the command that follows
        return
    from jobs.cli.console import say, say_table
    from sql.overview import newest_jobs

    with _engine(data_dir) as engine, engine.connect() as connection:
        found = newest_jobs(connection, limit, status)
    if not found:
        say("There are no jobs" + (f" that are {status}" if status else ""))
        return
    say_table(
        ["id", "kind", "status", "done", "failed", "asked for", "error"],
        [
            [
                str(job.id),
                job.kind,
                job.status,
                f"{job.done:,} of {job.total:,}",
                f"{job.failed:,}",
                _moment(job.created_at),
                job.error or "",
            ]
            for job in found
        ],
    )


@jobs.command()
def show(id: Id, data_dir: DataDir = None) -> None:
    """Show a job: what failed and why, and how long each track took."""
    from domain.errors.asking import JobNotFound
    from jobs.cli.console import count, duration, say, say_fields, say_table
    from sql.overview import job as read_job
    from sql.queue.job_care import find_job_id, list_items, target_of_job

    with _engine(data_dir) as engine, engine.connect() as connection:
        job_id = find_job_id(connection, id)
        job = read_job(connection, job_id)
        if job is None:
            raise JobNotFound(id=id)
        target = target_of_job(connection, job_id)
        items = list_items(connection, job_id)
    fields = [
        ("Job", f"{job.id}"),
        (
            "Kind",
            job.kind
            + (f", space {target.space}" if target.space else "")
            + (f", where {target.where}" if target.where else ""),
        ),
        ("Status", job.status + (f", now '{job.current}'" if job.current and not job.status.ended else "")),
        ("Tracks", f"{job.done:,} of {job.total:,} done, {job.failed:,} failed"),
        ("Asked for", _moment(job.created_at)),
        ("Started", _moment(job.started_at)),
        ("Finished", _moment(job.finished_at)),
        ("Heartbeat", _moment(job.heartbeat_at)),
        ("Device", job.device or "-"),
    ]
    if job.error:
        fields.append(("Error", job.error))
    timed = [item for item in items if item.state == "DONE" and item.seconds]
    if timed:
        worked, heard = sum(item.seconds or 0.0 for item in timed), sum(item.audio_seconds for item in timed)
        fields.append(("Rate", f"{heard / worked:,.0f} times as fast as the music, {duration(worked)} of work"))
    say_fields(fields)
    failed = [item for item in items if item.state == "FAILED"]
    if failed:
        say(f"{count(len(failed), 'track')} failed; try again with: segue jobs retry {job.id}")
    for item in failed:
        say(f"  {item.track_id} '{item.title}' ({count(item.attempts, 'attempt')}): {item.error}")
    if timed:
        slowest = sorted(timed, key=lambda item: -(item.seconds or 0.0))[:ITEMS_SHOWN]
        say_table(["track", "title", "seconds", "of music", "times real time"], [_timing(item) for item in slowest])
        if len(timed) > ITEMS_SHOWN:
            say(f"and {len(timed) - ITEMS_SHOWN:,} that took less")


@jobs.command()
def retry(id: Id, data_dir: DataDir = None) -> None:
    """Try what failed in a job again; one that was cancelled goes on."""
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from jobs.queue import JobQueue
    from jobs.retry import retry as retry_job
    from sql.queue.job_care import find_job_id

    settings = read_settings(data_dir=data_dir)
    with _engine(data_dir) as engine:
        queue = JobQueue.of(ready_address(settings), settings.broker_url)
        try:
            with engine.connect() as connection:
                job_id = find_job_id(connection, id)
            retried = retry_job(engine, queue, job_id)
        finally:
            queue.close()
    if not retried.open:
        say("Nothing in it failed or is left to do")
    elif not retried.waiting:
        say(f"Job {job_id} waits for a worker again")
    else:
        say(f"{count(retried.waiting, 'track')} waiting for a worker, {retried.failed:,} of them had failed")


@jobs.command()
def cancel(id: Id, data_dir: DataDir = None) -> None:
    """Cancel a job; workers leave it within seconds, and what is done stays done."""
    from jobs.cli.console import say
    from sql.queue.job_care import find_job_id
    from sql.queue.job_rows import cancel_job

    with _engine(data_dir) as engine, engine.begin() as connection:
        job_id = find_job_id(connection, id)
        cancelled = cancel_job(connection, job_id)
    say(f"Job {job_id} is cancelled" if cancelled else f"Job {job_id} had ended already")


@contextmanager
def _engine(data_dir: DataDir) -> Iterator[Engine]:
    from jobs.cli.database import ready_address
    from sql.engine import make_engine

    engine = make_engine(ready_address(read_settings(data_dir=data_dir)))
    try:
        yield engine
    finally:
        engine.dispose()


def _moment(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else "-"


def _timing(item: ListedItem) -> list[str]:
    seconds = item.seconds or 0.0
    rate = f"{item.audio_seconds / seconds:,.0f}" if seconds else "-"
    return [f"{item.track_id}", item.title, f"{seconds:.1f}", f"{item.audio_seconds:.0f}", rate]
