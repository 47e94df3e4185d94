"""The evaluation job: measures, keeps the figures, writes the report."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

import dramatiq

from domain.errors.machine import ExtraMissing
from domain.experiments import EvaluationWish
from domain.jobs import JobStatus
from domain.settings import Settings
from jobs.lanes import Lanes
from jobs.queue import EVALUATE_ARCHIVE, QUEUES
from jobs.whole_job import WholeJob, run_whole_job
from sql.experiments.experiment_rows import write_figures
from sql.queue.whole_jobs import Counts

log = logging.getLogger(__name__)


class EvaluateJobs:
    """The evaluations that one worker process does. Killed at any moment and run again, it goes on with the step that
    it was in."""

    def __init__(self, lanes: Lanes, *, settings: Settings) -> None:
        self._lanes = lanes
        self._settings = settings

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=EVALUATE_ARCHIVE, queue_name=QUEUES[EVALUATE_ARCHIVE])
        declare(self.evaluate_archive)

    def evaluate_archive(self, job_id: str, lane_id: str | None = None) -> None:
        """Run the job to its end, unless it has ended or another worker has it in hand."""
        run_whole_job(self._lanes, EVALUATE_ARCHIVE, job_id, lane_id, self._evaluate)

    def _evaluate(self, job: WholeJob) -> None:
        if find_spec("torch") is None or find_spec("scipy") is None:
            raise ExtraMissing(feature="Evaluation", extra="ml")
        from jobs.evaluation.report.writing import write_report
        from jobs.evaluation.run import document, hashes, read_study, run
        from jobs.evaluation.versions import versions

        wish = _wish(job.arguments, again=job.attempt > 1)
        job.tell(job.counts, "reading the archive")
        study = read_study(self._lanes.engine, wish, self._settings)

        def report(done: int, total: int, current: str) -> None:
            job.tell(Counts(total, done, 0), current)

        found = run(self._lanes.engine, study, self._settings, report)
        self._lanes.transact(
            lambda connection: write_figures(
                connection, job.id, found.steps, seed=wish.seed, versions=versions(), hashes=hashes(study)
            )
        )
        folder = write_report(document(job.id, study, found), self._settings.data_dir)
        log.info("Evaluated: %s", folder, extra=job.about)
        job.end(JobStatus.SUCCEEDED, job.counts._replace(done=job.counts.total))


def _wish(arguments: dict[str, Any], *, again: bool) -> EvaluationWish:  # Any: JSON
    """What is wished; an evaluation that was interrupted takes over what it has found itself."""
    return EvaluationWish(
        spaces=tuple(arguments["spaces"]),
        strategies=tuple(arguments["strategies"]),
        seed=arguments["seed"],
        full=arguments["full"],
        resume=arguments["resume"] or again,
        simulated=arguments["simulated"],
        labels=arguments["labels"],
    )
