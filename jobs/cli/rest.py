"""Says that a job will wait, since nobody who could work on it does at this hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from domain.settings import Settings


def say_rest_of_all(engine: Engine) -> None:
    """Say so where workers live, and all of them rest."""
    from jobs.cli.console import say
    from sql.queue.workers import living_workers

    with engine.connect() as connection:
        workers = living_workers(connection)
    if workers.rests_until is not None and workers.resting == workers.processes:
        until = workers.rests_until.astimezone()
        say(f"The workers rest until {until:%H:%M}, and take it up then; segue worker starts others")


def say_rest_of_own(settings: Settings) -> None:
    """Say so where workers that are started now would rest at first."""
    from domain.hours import Hours
    from jobs.cli.console import say
    from jobs.shifts import local_now

    hours, now = Hours.parse(settings.worker_hours), local_now()
    if not hours.include(now):
        begin = hours.next_begin(now)
        say(f"It is taken up at {begin:%H:%M}: SEGUE_WORKER_HOURS allows work in the hours {hours}")
