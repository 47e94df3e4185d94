"""`segue status`: what is there, what is done, what is left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobs.cli.console import count, duration, say, say_fields, shown
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from domain.jobs import Job
    from domain.settings import Settings
    from sql.overview import ArchiveOverview, ListeningOverview, SpaceOverview
    from sql.queue.workers import Workers

JOBS_SHOWN = 5
FAILURES_SHOWN = 10


def status(data_dir: DataDir = None) -> None:
    """Say what is there, how much is embedded, and what runs."""
    from jobs.cli.database import is_embedded, ready_address
    from sql.embedded.files import files_of
    from sql.engine import make_engine

    settings = read_settings(data_dir=data_dir)
    if is_embedded(settings) and not files_of(settings.data_dir).exists():
        say(f"There is no archive in {shown(settings.data_dir)} yet. Begin with: segue up --archive FOLDER")
        return
    engine = make_engine(ready_address(settings))
    try:
        with engine.connect() as connection:
            _say_archive(connection, settings)
            _say_failures(connection)
    finally:
        engine.dispose()


def _say_archive(connection: Connection, settings: Settings) -> None:
    from jobs.cli.database import is_embedded
    from jobs.cli.example_folder import holds_example
    from jobs.cli.running import running
    from sql.migrate import head, pgvector_version
    from sql.overview import archive_overview, listening_overview, newest_jobs, server_version, space_overviews
    from sql.queue.workers import living_workers
    from sql.spaces.successors import fillings

    up = running(settings.data_dir)
    kind = "embedded PostgreSQL" if is_embedded(settings) else "PostgreSQL"
    archive = archive_overview(connection)
    fields = [
        ("Data folder", shown(settings.data_dir)),
        (
            "Database",
            f"{kind} {server_version(connection)}, pgvector {pgvector_version(connection)}, schema {head()}",
        ),
        ("Server", f"{up.url} (process {up.pid})" if up else "not started by segue up"),
        ("Workers", _workers_line(living_workers(connection))),
        ("Archive", _archive_line(archive) + (" (synthetic: the example)" if holds_example(settings.data_dir) else "")),
        *(("", line) for line in _remarks(archive)),
        ("Listening", _listening_line(listening_overview(connection))),
    ]
    for space in space_overviews(connection):
        fields.append(("Space", _space_line(space, archive.embeddable)))
    for filling in fillings(connection):
        left_off = "" if filling.running else ", left off: segue reembed goes on with it"
        held = f"{filling.tracks:,} of {count(archive.embeddable, 'track')} in its next revision{left_off}"
        fields.append(("Filling", f"{filling.space}: {held}"))
    fields += [("Job", _job_line(job)) for job in newest_jobs(connection, JOBS_SHOWN)]
    say_fields(fields)


def _space_line(space: SpaceOverview, embeddable: int) -> str:
    from domain.spaces import terms_of

    failed = f", {space.failures:,} failed" if space.failures else ""
    terms = terms_of(space.backend)
    forbidden = f" ({terms.note})" if terms is not None and not terms.commercial_use else ""
    return f"{space.name}: {space.tracks:,} of {count(embeddable, 'track')}{failed}{forbidden}"


def _workers_line(workers: Workers) -> str:
    if not workers.processes:
        return "none; start some with: segue worker"
    line = count(workers.processes, "process", "processes")
    if workers.rests_until is None:
        return line
    until = f"until {workers.rests_until.astimezone():%H:%M}"
    return (
        f"{line}, resting {until}"
        if workers.resting == workers.processes
        else f"{line}, {workers.resting:,} of them resting {until}"
    )


def _archive_line(archive: ArchiveOverview) -> str:
    return (
        f"{count(archive.tracks, 'track')} on {count(archive.albums, 'album')} by"
        f" {count(archive.composers, 'composer')}, {duration(archive.seconds)} of music"
    )


def _listening_line(listening: ListeningOverview) -> str:
    if not listening.users + listening.simulated_users:
        return "nobody yet"
    line = (
        f"{count(listening.interactions, 'interaction')} of"
        f" {count(listening.users + listening.simulated_users, 'user')} in {count(listening.sessions, 'session')}"
    )
    if listening.simulated_users:
        line += f"; simulated: {listening.simulated_interactions:,} of {listening.simulated_users:,}"
    return line


def _remarks(archive: ArchiveOverview) -> list[str]:
    remarks = (
        (archive.truncated, "truncated"),
        (archive.silent, "silent: never recommended"),
        (archive.missing, "missing: not recommended until a file comes back"),
        (archive.without_file, "without a file: the audio that was there has changed"),
    )
    return [f"{number:,} {remark}" for number, remark in remarks if number]


def _job_line(job: Job) -> str:
    line = f"{job.kind} {job.status.lower()}: {job.done:,} of {job.total:,}"
    if job.failed:
        line += f", {job.failed:,} failed"
    if job.current and not job.status.ended:
        line += f", now '{job.current}'"
    age = (datetime.now(UTC) - job.created_at).total_seconds()
    line += f", asked for {duration(age)} ago"
    return line + (f": {job.error}" if job.error else "")


def _say_failures(connection: Connection) -> None:
    from sql.overview import failures

    found = failures(connection, FAILURES_SHOWN + 1)
    if found:
        say("Could not be embedded:")
    for failure in found[:FAILURES_SHOWN]:
        say(f"  '{failure.title}' in {failure.space}: {failure.reason}")
    if len(found) > FAILURES_SHOWN:
        say("  … and more")
