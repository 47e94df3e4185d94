"""`segue train`: a strategy that learns from the listening in this archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domain.recommendations import TRAINED
from domain.spaces import DEFAULT_SPACE
from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine

    from domain.jobs import Job
    from domain.settings import Settings

Strategy = Annotated[
    str, typer.Argument(help=f"What to train: {', '.join(TRAINED)}", metavar="STRATEGY", case_sensitive=False)
]
Space = Annotated[str, typer.Option(help="The audio space it reads")]
Seed = Annotated[int, typer.Option(min=0, help="The same log and seed give the same model, on a CPU to the last bit")]
Simulated = Annotated[bool, typer.Option("--simulated", help="Learn from simulated listeners, too")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One of the strategy's settings")]
Detach = Annotated[bool, typer.Option("--detach", help="Leave it to a worker and return")]


def train(
    strategy: Strategy,
    space: Space = DEFAULT_SPACE,
    seed: Seed = 0,
    simulated: Simulated = False,
    setting: Set = None,
    detach: Detach = False,
    data_dir: DataDir = None,
) -> None:
    """Train a strategy on this archive, and let it answer if it is no worse than what needs no training."""
    from domain.errors.training import StrategyNotTrained
    from domain.training import TrainingWish
    from jobs.cli.at_hand import require_learning
    from jobs.cli.console import say
    from jobs.cli.database import ready_address
    from jobs.queue import TRAIN_MODEL, JobQueue
    from jobs.sweeper import start_job
    from sql.engine import make_engine
    from sql.queue.train_requests import request_training_at

    if strategy.upper() not in TRAINED:
        raise StrategyNotTrained(name=strategy, known=", ".join(TRAINED))
    settings = read_settings(data_dir=data_dir)
    pairs = tuple(sorted(_pair(text) for text in setting or ()))
    wish = TrainingWish(strategy.upper(), space, seed, simulated, pairs)
    url = ready_address(settings)
    engine = make_engine(url)
    try:
        if not detach:
            require_learning(engine, "Training")
        job_id = request_training_at(url, wish)
        queue = JobQueue.of(url, settings.broker_url)
        try:
            start_job(engine, queue, TRAIN_MODEL, job_id)
        finally:
            queue.close()
        if detach:
            say(f"Job {job_id}. Follow it with: segue jobs show {job_id}")
            return
        _say_end(engine, follow_or_work(engine, settings, job_id, step="Training", things="epochs"))
    finally:
        engine.dispose()


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"'{text}' is not NAME=VALUE", param_hint="--set")
    return name.strip(), value.strip()


def follow_or_work(engine: Engine, settings: Settings, job_id: UUID, *, step: str, things: str) -> Job:
    """Show a job's progress until it has ended; without a worker anywhere, be the worker. `step` and `things` as in
    `jobs.cli.embed.follow`."""
    from jobs.cli.at_hand import living_workers
    from jobs.cli.children import Child, Family
    from jobs.cli.console import say, shown
    from jobs.cli.database import keep_running
    from jobs.cli.embed import follow
    from jobs.cli.logs import logs_folder

    if living_workers(engine):
        return follow(engine, job_id, step=step, things=things)
    own = Child("worker", logs_folder(settings.data_dir))
    say(f"Working on it here; the worker's log is {shown(own.log)}")
    with Family([own], lambda: keep_running(settings)) as family:
        return follow(engine, job_id, family.check, step=step, things=things)


def _say_end(engine: Engine, job: Job) -> None:
    from domain.jobs import JobStatus
    from jobs.cli.console import say
    from jobs.cli.models import say_model
    from sql.models.model_rows import model_of_job

    if job.status is JobStatus.FAILED:
        say(f"Training failed: {job.error}", style="red")
        raise typer.Exit(1)
    if job.status is JobStatus.CANCELLED:
        say("The training was cancelled; segue jobs retry goes on from its last epoch")
        return
    with engine.connect() as connection:
        model = model_of_job(connection, job.id)
    if model is not None:
        say_model(model)
