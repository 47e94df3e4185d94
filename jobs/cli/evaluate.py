"""`segue evaluate`: which representation and which recommender suit this archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.environment import DataDir, read_settings

if TYPE_CHECKING:
    from domain.jobs import Job
    from domain.settings import Settings

Full = Annotated[bool, typer.Option("--full/--quick", help="All subsets, probes and disturbances, or few of them")]
Spaces = Annotated[
    list[str] | None,
    typer.Option("--spaces", metavar="NAMES", help="Which spaces, with commas between; all by default"),
]
Strategies = Annotated[
    list[str] | None,
    typer.Option("--strategies", metavar="NAMES", help="Which strategies; all by default. Baselines come with them"),
]
Seed = Annotated[int, typer.Option(min=0, help="The same archive, log and seed give the same figures")]
Resume = Annotated[
    bool, typer.Option("--resume/--afresh", help="Take over what an earlier run worked out from the same, or nothing")
]
Simulated = Annotated[bool, typer.Option("--simulated", help="Let simulated listeners count although people listened")]
Labels = Annotated[
    Path | None,
    typer.Option(help="A CSV file of what is true of tracks: columns track (the catalogue's own key), aspect, value"),
]
Detach = Annotated[bool, typer.Option("--detach", help="Leave it to a worker and return")]


def evaluate(
    full: Full = True,
    spaces: Spaces = None,
    strategies: Strategies = None,
    seed: Seed = 0,
    resume: Resume = True,
    simulated: Simulated = False,
    labels: Labels = None,
    detach: Detach = False,
    data_dir: DataDir = None,
) -> None:
    """Measure which space and which strategy suit this archive, how sure that is, and what it costs.

    The report is a page of its own in the data folder: report/index.html.
    """
    from domain.experiments import EvaluationWish
    from jobs.cli.at_hand import require_learning
    from jobs.cli.console import say
    from jobs.cli.database import ready_address
    from jobs.cli.train import follow_or_work
    from jobs.evaluation.labels import keep_labels
    from jobs.queue import EVALUATE_ARCHIVE, JobQueue
    from jobs.sweeper import start_job
    from sql.engine import make_engine
    from sql.queue.evaluation_requests import request_evaluation_at

    settings = read_settings(data_dir=data_dir)
    wish = EvaluationWish(
        spaces=_names(spaces),
        strategies=_names(strategies),
        seed=seed,
        full=full,
        resume=resume,
        simulated=simulated,
        labels=None if labels is None else keep_labels(labels, settings.data_dir),
    )
    url = ready_address(settings)
    engine = make_engine(url)
    try:
        if not detach:
            require_learning(engine, "Evaluation")
        job_id = request_evaluation_at(url, wish)
        queue = JobQueue.of(url, settings.broker_url)
        try:
            start_job(engine, queue, EVALUATE_ARCHIVE, job_id)
        finally:
            queue.close()
        if detach:
            say(f"Job {job_id}. Follow it with: segue jobs show {job_id}")
            return
        _say_end(settings, follow_or_work(engine, settings, job_id, step="Evaluating", things="units"))
    finally:
        engine.dispose()


def _names(given: list[str] | None) -> tuple[str, ...]:
    """Names as people write them: with commas, or one option each."""
    return tuple(name.strip() for text in given or () for name in text.split(",") if name.strip())


def _say_end(settings: Settings, job: Job) -> None:
    from domain.jobs import JobStatus
    from jobs.cli.console import say, shown
    from jobs.evaluation.report.writing import read_verdict, report_folder

    if job.status is JobStatus.FAILED:
        say(f"The evaluation failed: {job.error}", style="red")
        raise typer.Exit(1)
    if job.status is JobStatus.CANCELLED:
        say("The evaluation was cancelled; what it found is kept, and segue evaluate goes on from there")
        return
    folder = report_folder(settings.data_dir)
    for line in read_verdict(folder):
        say(line)
    say(f"Report: {shown(folder / 'index.html')}")
