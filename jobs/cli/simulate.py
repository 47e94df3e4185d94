"""`segue simulate`: listeners for an archive that has none yet."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from domain.settings import Settings

Users = Annotated[int, typer.Option(min=1, max=100_000, help="How many listeners")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same listening, to the last second")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="For how many days they listen")]
Until = Annotated[datetime, typer.Option(help="Until when, in UTC", formats=["%Y-%m-%d"])]
TagsOf = Annotated[
    str | None,
    typer.Option(help="A space whose tags they go by, too; never one that is to be evaluated on them"),
]
Labels = Annotated[
    Path | None,
    typer.Option(help="A CSV file of what people say of tracks: columns track (the catalogue's own key) and word"),
]
ArchetypeFile = Annotated[
    Path | None, typer.Option("--archetypes", help="Who the listeners are, as in ml/simulation/archetypes.toml")
]
Remove = Annotated[
    str | None, typer.Option(help="Remove one simulation by its name, or all of them: --remove all", metavar="NAME")
]
NoMeasuring = Annotated[bool, typer.Option("--no-measuring", help="Go without tempo and loudness")]


def simulate(
    users: Users = 500,
    seed: Seed = 7,
    days: Days = 90,
    until: Until = datetime(2026, 1, 1),  # noqa: DTZ001 -- read as UTC
    tags_of: TagsOf = None,
    labels: Labels = None,
    archetypes: ArchetypeFile = None,
    no_measuring: NoMeasuring = False,
    remove: Remove = None,
    data_dir: DataDir = None,
) -> None:
    """Make up listeners, or remove them. What they do is marked as simulated wherever it counts."""
    from datetime import UTC

    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from jobs.cli.progress import progress
    from jobs.simulation.labels import read_labels
    from jobs.simulation.running import Wish
    from jobs.simulation.running import simulate as write
    from ml.simulation.archetypes import OURS, read_archetypes
    from sql.engine import make_engine

    settings = read_settings(data_dir=data_dir)
    if remove is not None:
        _remove(settings, None if remove == "all" else remove)
        return
    wish = Wish(
        users=users,
        seed=seed,
        archetypes=read_archetypes(archetypes or OURS),
        days=days,
        until=until.replace(tzinfo=UTC),
        tags_of=tags_of,
        labels=None if labels is None else read_labels(labels),
    )
    url = ready_address(settings)
    if not no_measuring:
        _measure(settings, url)
    engine = make_engine(url)
    try:
        with progress("Simulating", "days") as tell:
            done = write(engine, url, wish, tell)
    finally:
        engine.dispose()
    say(
        f"'{done.name}': {count(done.users, 'listener')} in {count(done.sessions, 'session')} of"
        f" {count(done.tracks, 'track')}, {count(done.interactions, 'interaction')}"
    )
    say(f"Marked as simulated; remove them with: segue simulate --remove {done.name}")


def _measure(settings: Settings, url: str) -> None:
    from jobs.audio_source import AudioSource
    from jobs.cli.console import say
    from jobs.cli.progress import progress
    from jobs.hearing.limits import Limits
    from jobs.simulation.measuring import measure_archive
    from sql.engine import make_engine

    engine = make_engine(url)
    try:
        with progress("Measuring", "tracks") as tell:
            failed = measure_archive(engine, AudioSource.of(settings), Limits.of(settings), tell)
    finally:
        engine.dispose()
    for title, reason in failed:
        say(f"Not measured: {title}: {reason}", style="yellow")


def _remove(settings: Settings, name: str | None) -> None:
    from domain.errors.listeners import SimulationNotFound
    from jobs.cli.console import count, say
    from jobs.cli.database import ready_address
    from sql.engine import make_engine
    from sql.listening.simulated_rows import remove_simulated

    engine = make_engine(ready_address(settings))
    try:
        with engine.begin() as connection:
            removed = remove_simulated(connection, name)
    finally:
        engine.dispose()
    if name is not None and not removed:
        raise SimulationNotFound(name=name)
    for run, users in removed.items():
        say(f"Removed '{run}' with its {count(users, 'listener')} and all that they did")
    if not removed:
        say("Nothing in the log is simulated")
