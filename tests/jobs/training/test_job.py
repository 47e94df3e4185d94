"""The training job from the log to a model that answers: placed, measured, resumed, cancelled, refused, dropped."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.models import ModelNotFound
from domain.errors.training import ModelInUse, ModelUntrained
from domain.settings import Settings
from domain.training import ModelStatus, TrainedModel, TrainingWish
from jobs.derivation import derive_track, follow_parents
from jobs.item_towers import ItemTowers, fetch_artefact
from jobs.lanes import Lanes
from jobs.queue import TRAIN_MODEL, JobQueue
from jobs.storage.keys import artefact_key
from jobs.storage.location import open_storage
from jobs.storage.protocol import Storage
from jobs.sweeper import start_job
from jobs.training.dropping import drop_model
from jobs.training.job import TrainJobs
from ml.models.registry import TRAINED
from ml.serving.item_tower import OnnxItemTower
from sql.models.model_rows import all_models, model_named, model_of_job, promote
from sql.queue.train_requests import request_training_at
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.vectors import track_ids, track_vectors
from tests.jobs.training.listeners import FACTS, fill, listen, vector
from tests.sql.tracks import add_track

QUICK = {"epochs": "3", "dimension": "8"}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return open_storage(settings)


@pytest.fixture
def tracks(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        ids = fill(connection)
        listen(connection, ids)
    return ids


@pytest.fixture
def train(engine: Engine, database_url: str, queue: JobQueue, lanes: Lanes, settings: Settings, storage: Storage):
    def train(strategy: str = "SHALLOW", **options: object) -> UUID:
        given = {"settings": tuple(sorted(QUICK.items()))} | options
        wish = TrainingWish(strategy, "musicnn-mtt", **given)  # type: ignore[arg-type]
        job_id = request_training_at(database_url, wish)
        start_job(engine, queue, TRAIN_MODEL, job_id)
        run(TrainJobs(lanes, settings=settings, storage=storage), engine, job_id)
        return job_id

    return train


def run(jobs: TrainJobs, engine: Engine, job_id: UUID) -> None:
    with engine.connect() as connection:
        lane = connection.scalar(text("SELECT id FROM lanes WHERE job_id = :id"), {"id": job_id})
    jobs.train_model(str(job_id), None if lane is None else str(lane))


def job(engine: Engine, job_id: UUID) -> tuple[str, int, int, str | None]:
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT status, done, total, error FROM jobs WHERE id = :id"), {"id": job_id}
        ).one()
    return row.status, row.done, row.total, row.error


def model(engine: Engine, job_id: UUID) -> TrainedModel:
    with engine.connect() as connection:
        found = model_of_job(connection, job_id)
    assert found is not None
    return found


def revision_of(engine: Engine, space: str | None) -> int:
    with engine.connect() as connection:
        return int(
            connection.execute(
                text("SELECT active_revision_id FROM spaces WHERE name = :name"), {"name": space}
            ).scalar_one()
        )


@pytest.mark.parametrize("strategy", sorted(TRAINED))
def test_a_log_becomes_a_model_with_a_space_of_its_own(
    engine: Engine, storage: Storage, tracks: list[int], train, strategy: str
) -> None:
    job_id = train(strategy)
    assert job(engine, job_id) == ("SUCCEEDED", 3, 3, None)
    trained = model(engine, job_id)
    reads = "" if strategy == "COLLABORATIVE" else "-musicnn-mtt"
    assert trained.name == f"{strategy.lower()}{reads}-{trained.id}"
    assert trained.status in (ModelStatus.ACTIVE, ModelStatus.CANDIDATE)
    assert (trained.status is ModelStatus.ACTIVE) == trained.gate["passed"]
    assert set(trained.metrics) == {strategy, "KNN", "POPULAR", "RANDOM"}
    assert trained.artefact is not None
    tower = OnnxItemTower(fetch_artefact(storage, trained.artefact))
    with engine.connect() as connection:
        own = track_vectors(connection, revision_of(engine, trained.own_space))
        content = track_vectors(connection, revision_of(engine, "musicnn-mtt"))
    expected = tower.vectors(content.vectors, content.ids)
    placed = np.linalg.norm(expected, axis=1) > 0
    assert own.ids.tolist() == content.ids[placed].tolist()
    assert own.vectors == pytest.approx(expected[placed], abs=1e-6)
    if strategy != "COLLABORATIVE":
        assert own.ids.tolist() == tracks  # cold ones, too


def test_the_same_log_and_seed_give_the_same_model(engine: Engine, tracks: list[int], train) -> None:
    first, second, other = model(engine, train()), model(engine, train()), model(engine, train(seed=1))
    assert first.artefact == second.artefact
    assert first.metrics == second.metrics
    assert other.artefact != first.artefact


def test_a_new_track_is_placed_with_its_embedding(engine: Engine, storage: Storage, tracks: list[int], train) -> None:
    trained = model(engine, train())
    towers = ItemTowers(storage)
    with engine.begin() as connection:
        new = add_track(connection, "New")
        mtt = revision_of(engine, "musicnn-mtt")
        save_track_embedding(connection, mtt, new, vector=vector(100), segments=())
        derive_track(connection, mtt, new, towers)
        assert new in track_ids(connection, revision_of(engine, trained.own_space))
        [own] = track_vectors(connection, revision_of(engine, trained.own_space), [new]).vectors
    assert trained.artefact is not None
    assert own == pytest.approx(towers.of(trained.artefact).vectors(vector(100)[None], np.array([new]))[0], abs=1e-6)


def test_a_model_whose_file_is_away_keeps_nobody_from_embedding(
    engine: Engine, storage: Storage, tracks: list[int], train
) -> None:
    trained = model(engine, train())
    assert trained.artefact is not None
    kept = storage.local_path(artefact_key(trained.artefact))
    assert kept is not None
    hidden = kept.with_name("hidden")
    kept.rename(hidden)
    with engine.begin() as connection:
        new = add_track(connection, "New")
        mtt = revision_of(engine, "musicnn-mtt")
        save_track_embedding(connection, mtt, new, vector=vector(100), segments=())
        derive_track(connection, mtt, new, ItemTowers(storage))
    own = revision_of(engine, trained.own_space)
    with engine.connect() as connection:
        assert new in track_ids(connection, mtt)
        assert new not in track_ids(connection, own)
    hidden.rename(kept)
    follow_parents(engine, "musicnn-mtt", ItemTowers(storage))
    with engine.connect() as connection:
        assert new in track_ids(connection, own)


def test_a_strategy_s_new_model_takes_the_place_of_the_old_one(engine: Engine, tracks: list[int], train) -> None:
    first, second = model(engine, train()), model(engine, train(seed=1))
    with engine.begin() as connection:
        promote(connection, first.name)
        assert promote(connection, second.name) == [first.name]
        statuses = {one.name: one.status for one in all_models(connection)}
    assert statuses == {first.name: ModelStatus.RETIRED, second.name: ModelStatus.ACTIVE}
    with engine.begin() as connection:
        assert promote(connection, first.name) == [second.name]


def test_what_learned_from_simulated_listeners_answers_only_if_promoted(engine: Engine, train) -> None:
    with engine.begin() as connection:
        listen(connection, fill(connection), simulation="seed-1")
    trained = model(engine, train(simulated=True))
    assert (trained.status, trained.simulated, trained.gate["passed"]) == (ModelStatus.CANDIDATE, True, False)
    with engine.begin() as connection:
        promote(connection, trained.name)
        assert model_named(connection, trained.name).status is ModelStatus.ACTIVE


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"settings": (("epochs", "many"),)}, "SHALLOW has no setting 'epochs', or it cannot be 'many'"),
        ({"strategy": "KNN"}, "KNN is not trained"),
    ],
)
def test_a_wish_that_makes_no_sense_fails_with_its_reason(
    engine: Engine, tracks: list[int], train, options: dict[str, object], reason: str
) -> None:
    status, _, _, error = job(engine, train(**options))
    assert status == "FAILED"
    assert error is not None
    assert reason in error


def test_without_listening_the_job_says_what_to_do(engine: Engine, train) -> None:
    with engine.begin() as connection:
        fill(connection)
    status, _, _, error = job(engine, train())
    assert status == "FAILED"
    assert "segue simulate" in str(error)
    with engine.connect() as connection:
        assert [one.status for one in all_models(connection)] == []


def test_who_wishes_the_same_joins_the_job(database_url: str) -> None:
    wish = TrainingWish("SHALLOW", "musicnn-mtt")
    assert request_training_at(database_url, wish) == request_training_at(database_url, wish)
    assert request_training_at(database_url, TrainingWish("SHALLOW", "musicnn-mtt", 1)) != request_training_at(
        database_url, wish
    )


def test_a_stopped_training_goes_on_to_the_same_model(
    engine: Engine,
    database_url: str,
    queue: JobQueue,
    settings: Settings,
    storage: Storage,
    tracks: list[int],
    train,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = model(engine, train())
    wish = TrainingWish("SHALLOW", "musicnn-mtt", settings=tuple(sorted({**QUICK, "patience": "9"}.items())))
    job_id = request_training_at(database_url, wish)
    stopping = Event()
    stopped = Lanes(engine, queue, process="there:1", stopping=stopping, resting=Event(), turn_seconds=0.0)
    tell = TrainJobs._watch

    def stop_after_two(self: TrainJobs, one: object, seed: int) -> object:
        watch = tell(self, one, seed)  # type: ignore[arg-type]

        def report(progress: object) -> None:
            watch.report(progress)
            if progress.epoch == 2:  # type: ignore[attr-defined]
                stopping.set()

        return type(watch)(seed, watch.checkpoint, watch.device, report, watch.cancelled)

    monkeypatch.setattr(TrainJobs, "_watch", stop_after_two)
    start_job(engine, queue, TRAIN_MODEL, job_id)
    run(TrainJobs(stopped, settings=settings, storage=storage), engine, job_id)
    assert job(engine, job_id)[0] == "WAITING"
    assert (settings.data_dir / "training" / f"{job_id}.pt").exists()
    monkeypatch.undo()
    here = Lanes(engine, queue, process="here:2", stopping=Event(), resting=Event(), turn_seconds=0.0)
    run(TrainJobs(here, settings=settings, storage=storage), engine, job_id)
    assert job(engine, job_id) == ("SUCCEEDED", 3, 3, None)
    assert model(engine, job_id).artefact == whole.artefact
    assert list((settings.data_dir / "training").iterdir()) == []


def test_a_model_is_dropped_with_its_space_and_its_file(
    engine: Engine, storage: Storage, tracks: list[int], train
) -> None:
    trained = model(engine, train())
    assert trained.artefact is not None
    with engine.begin() as connection:
        promote(connection, trained.name)
    with pytest.raises(ModelInUse):
        drop_model(engine, storage, trained.name)
    other = model(engine, train(seed=1))
    with engine.begin() as connection:
        promote(connection, other.name)
    drop_model(engine, storage, trained.name)
    assert not storage.exists(artefact_key(trained.artefact))
    with engine.connect() as connection:
        assert [one.name for one in all_models(connection)] == [other.name]
        spaces = list(connection.scalars(text("SELECT name FROM spaces ORDER BY id")))
    assert spaces == [FACTS.name, other.own_space]
    with pytest.raises(ModelNotFound, match=other.name):
        drop_model(engine, storage, trained.name)


def test_what_was_not_trained_cannot_be_promoted(engine: Engine, tracks: list[int], train) -> None:
    trained = model(engine, train())
    with engine.begin() as connection:
        connection.execute(text("UPDATE models SET status = 'TRAINING', own_space_id = NULL"))
        with pytest.raises(ModelUntrained, match="segue train SHALLOW"):
            promote(connection, trained.name)
