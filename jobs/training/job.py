"""The training job: fits a model, measures it, gives it a space of its own, and lets it answer if it may."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dramatiq
from sqlalchemy import Connection

from domain.errors.base import SegueError
from domain.errors.machine import ExtraMissing
from domain.jobs import JobStatus
from domain.settings import Settings
from domain.training import WITHOUT_CONTENT, ModelStatus, TrainedModel, TrainingWish
from jobs.derivation import derive_by_model
from jobs.index_job import request_index
from jobs.item_towers import ItemTowers, fetch_artefact
from jobs.lanes import Lanes
from jobs.queue import QUEUES, TRAIN_MODEL
from jobs.storage.keys import artefact_key
from jobs.storage.protocol import Storage
from jobs.whole_job import WholeJob, run_whole_job
from ml.serving.artefact import place, store
from sql.models.model_rows import begin_model, end_model, fail_model, give_space, model_of_job, promote
from sql.queue.whole_jobs import Counts

if TYPE_CHECKING:
    from ml.training.watch import Progress

log = logging.getLogger(__name__)

# Epochs are counted; measuring and the new space come after the last.
CHECKPOINTS = "training"


class TrainJobs:
    """The training that one worker process does. Killed at any moment and run again, it goes on from its checkpoint."""

    def __init__(self, lanes: Lanes, *, settings: Settings, storage: Storage) -> None:
        self._lanes = lanes
        self._settings = settings
        self._storage = storage

    def declare(self, broker: dramatiq.Broker) -> None:
        """Make the actor known to a broker."""
        declare = dramatiq.actor(broker=broker, actor_name=TRAIN_MODEL, queue_name=QUEUES[TRAIN_MODEL])
        declare(self.train_model)

    def train_model(self, job_id: str, lane_id: str | None = None) -> None:
        """Run the job to its end, unless it has ended or another worker has it in hand."""
        run_whole_job(self._lanes, TRAIN_MODEL, job_id, lane_id, self._train)

    def _train(self, job: WholeJob) -> None:
        wish = _wish(job.arguments)
        try:
            model = self._lanes.transact(lambda connection: model_of_job(connection, job.id))
            if model is None or model.status is ModelStatus.TRAINING:
                model = self._fit(job, wish)
            self._serve(job, model)
        except SegueError as error:
            reason = str(error)
            self._lanes.transact(lambda connection: fail_model(connection, job.id, reason))
            raise
        job.end(JobStatus.SUCCEEDED, job.counts._replace(done=job.counts.total))

    def _fit(self, job: WholeJob, wish: TrainingWish) -> TrainedModel:
        if find_spec("torch") is None:
            raise ExtraMissing(feature="Training", extra="ml")
        from jobs.training.comparison import by_model, compare, judge, untrained
        from jobs.training.material import read_material
        from jobs.training.settings import configured, trainer_of

        config = configured(wish.strategy, dict(wish.settings))
        job.tell(Counts(getattr(config, "epochs", 1), 0, 0), "reading the log")
        material = read_material(self._lanes.engine, wish)
        read = (material.space.id, material.space.name, str(material.space.revision))
        space = None if wish.strategy in WITHOUT_CONTENT else read
        kept = dataclasses.asdict(config)
        self._lanes.transact(lambda c: begin_model(c, wish.strategy, space, kept, wish.seed, job.id))
        fitted = trainer_of(wish.strategy).fit(material.data, config, self._watch(job, wish.seed))
        job.tell(job.counts, "measuring")
        ways = {wish.strategy: by_model(fitted, material.data.catalogue)} | untrained(material.data, wish.seed)
        metrics, on_hot = compare(ways, material.hot, material.cold, material.data)
        gate = judge(wish.strategy, on_hot, material.hot, simulated=material.simulated)
        artefact = self._keep(fitted.export)

        def end(connection: Connection) -> TrainedModel:
            model = model_of_job(connection, job.id)
            assert model is not None  # noqa: S101 -- it was begun by this job
            end_model(
                connection,
                model.id,
                snapshot=material.snapshot,
                metrics=metrics,
                gate=gate,
                artefact=artefact,
                simulated=material.simulated,
            )
            ended = model_of_job(connection, job.id)
            assert ended is not None  # noqa: S101 -- see above
            return ended

        return self._lanes.transact(end)

    def _watch(self, job: WholeJob, seed: int) -> Any:  # Any: ml.training, which brings torch, is loaded to train only
        from ml.training.watch import Watch

        def report(progress: Progress) -> None:
            metric = "" if progress.metric is None else f", NDCG@10 {progress.metric:.4f}"
            current = f"epoch {progress.epoch}: loss {progress.loss:.4f}{metric}"
            job.tell(Counts(progress.epochs, progress.epoch, 0), current)

        return Watch(
            seed=seed,
            checkpoint=self._settings.data_dir / CHECKPOINTS / f"{job.id}.pt",
            device=None if self._settings.device == "auto" else self._settings.device,
            report=report,
            cancelled=lambda: _checked(job),
        )

    def _keep(self, export: Any) -> str:  # Any: a bound method of a model
        """Store the model's file; returns its SHA-256 (hex)."""
        with tempfile.TemporaryDirectory(prefix="segue-") as folder:
            parts, packed = Path(folder, "parts"), Path(folder, "packed")
            parts.mkdir()
            export(parts)
            sha256 = store(parts, packed)
            self._storage.put(artefact_key(sha256), place(packed, sha256))
        return sha256

    def _serve(self, job: WholeJob, model: TrainedModel) -> None:
        """Give the model its space, and let it answer if it may."""
        assert model.artefact is not None  # noqa: S101 -- it has been trained
        job.tell(job.counts, f"placing every track in {model.name}")
        facts = fetch_artefact(self._storage, model.artefact).facts
        derived = derive_by_model(
            self._lanes.engine,
            model.space,
            model.name,
            facts.dimension,
            ItemTowers(self._storage),
            lambda connection, space_id: give_space(connection, model.id, space_id),
        )
        threshold = self._settings.index_threshold
        about = (derived.name, derived.revision_id, derived.dimension, threshold)
        request_index(self._lanes.engine, self._lanes.queue, *about, insist=True)
        if model.gate.get("passed") and model.status is ModelStatus.CANDIDATE:
            self._lanes.transact(lambda connection: promote(connection, model.name))
        log.info("Trained '%s': %s", model.name, model.gate.get("verdict"), extra=job.about)


def _wish(arguments: dict[str, Any]) -> TrainingWish:  # Any: JSON
    return TrainingWish(
        strategy=arguments["strategy"],
        space=arguments["space"],
        seed=arguments["seed"],
        simulated=arguments["simulated"],
        settings=tuple(sorted(arguments["settings"].items())),
    )


def _checked(job: WholeJob) -> bool:
    """Raises when the job is not to go on here; the checkpoint stays."""
    job.check()
    return False
