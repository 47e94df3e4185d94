"""An evaluation from the archive to the report: what is planted comes out, the same seed gives the same figures, and
what is done is not done again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import pytest
from sqlalchemy import Engine, text

from domain.experiments import EvaluationWish
from domain.settings import Settings
from domain.training import TrainingWish
from jobs.evaluation.job import EvaluateJobs
from jobs.evaluation.labels import keep_labels
from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.writing import read_verdict, report_folder, write_report
from jobs.lanes import Lanes
from jobs.queue import EVALUATE_ARCHIVE, TRAIN_MODEL, JobQueue
from jobs.storage.location import open_storage
from jobs.sweeper import start_job
from jobs.training.job import TrainJobs
from sql.engine import make_engine
from sql.models.model_rows import model_of_job, promote
from sql.queue.evaluation_requests import request_evaluation_at
from sql.queue.train_requests import request_training_at
from tests.jobs.evaluation.archive import furnish
from tests.jobs.training.listeners import vector

# Two loud of three, so that a linear probe has something to learn; even tracks are of one instrument.
LABELS = "track,aspect,value\n" + "".join(
    f"{number},instrument,{('violin', 'cello')[number % 2]}\n"
    f"{number},dynamics,{('soft', 'loud', 'medium')[number % 3]}\n"
    for number in range(60)
)


class Archive:
    """A furnished database with what it takes to evaluate it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.settings = Settings(data_dir=folder, database_url=url)
        self.engine = make_engine(url)
        self.queue = JobQueue.of(url)
        self.lanes = Lanes(self.engine, self.queue, process="here:1", stopping=Event(), resting=Event())
        labels = folder / "labels.csv"
        labels.parent.mkdir(parents=True, exist_ok=True)
        labels.write_text(LABELS)
        self.model = ""
        self.wish = EvaluationWish(
            strategies=("KNN", "KNN_PER_INTEREST", "SHALLOW"),
            full=False,
            labels=keep_labels(labels, folder),
        )

    def evaluate(self, wish: EvaluationWish) -> UUID:
        job_id = request_evaluation_at(self.url, wish)
        start_job(self.engine, self.queue, EVALUATE_ARCHIVE, job_id)
        with self.engine.connect() as connection:
            lane = connection.scalar(text("SELECT id FROM lanes WHERE job_id = :id"), {"id": job_id})
        EvaluateJobs(self.lanes, settings=self.settings).evaluate_archive(str(job_id), str(lane))
        return job_id

    def train(self) -> str:
        """A model that answers; returns its name."""
        wish = TrainingWish("SHALLOW", "musicnn-mtt", settings=(("dimension", "8"), ("epochs", "3")))
        job_id = request_training_at(self.url, wish)
        start_job(self.engine, self.queue, TRAIN_MODEL, job_id)
        with self.engine.connect() as connection:
            lane = connection.scalar(text("SELECT id FROM lanes WHERE job_id = :id"), {"id": job_id})
        storage = open_storage(self.settings)
        TrainJobs(self.lanes, settings=self.settings, storage=storage).train_model(str(job_id), str(lane))
        with self.engine.begin() as connection:
            model = model_of_job(connection, job_id)
            assert model is not None
            promote(connection, model.name)
        return model.name

    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads((report_folder(self.settings.data_dir) / "results.json").read_bytes())
        return found

    def close(self) -> None:
        self.queue.close()
        self.engine.dispose()


@pytest.fixture(scope="module")
def archive(new_database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = Archive(new_database(), tmp_path_factory.mktemp("evaluated"))
    with made.engine.begin() as connection:
        furnish(connection)
    made.model = made.train()
    yield made
    made.close()


@pytest.fixture(scope="module")
def job_id(archive: Archive) -> UUID:
    """The first evaluation."""
    return archive.evaluate(archive.wish)


@pytest.fixture(scope="module")
def results(archive: Archive, job_id: UUID) -> dict[str, Any]:
    return archive.results()


@pytest.fixture
def findings(results: dict[str, Any]) -> Findings:
    return Findings(results)


def job(engine: Engine, job_id: UUID) -> tuple[str, int, int, str | None]:
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT status, done, total, error FROM jobs WHERE id = :id"), {"id": job_id}
        ).one()
    return row.status, row.done, row.total, row.error


def lasting(results: dict[str, Any]) -> list[dict[str, Any]]:
    """All figures but measured times."""
    return [figure for figure in results["figures"] if figure["part"] != "cost"]


def test_the_job_ends_with_all_its_units_done(archive: Archive, job_id: UUID) -> None:
    status, done, total, error = job(archive.engine, job_id)
    assert (status, done, error) == ("SUCCEEDED", total, None)


def test_only_recordings_that_are_not_there_are_not_heard(results: dict[str, Any]) -> None:
    assert [one["step"] for one in results["not_done"]] == ["disturbed recordings, compared"]


def test_every_figure_is_a_row(archive: Archive, job_id: UUID, results: dict[str, Any]) -> None:
    with archive.engine.connect() as connection:
        rows = connection.execute(
            text("""
                SELECT part, task, space, strategy, metric, k, value, low, high, cases, config, seed, hashes
                FROM experiments WHERE run_id = :run ORDER BY id
            """),
            {"run": job_id},
        ).all()
    names = ("part", "task", "space", "strategy", "metric", "k", "value", "low", "high", "cases", "config")
    assert [dict(zip(names, row, strict=False)) for row in rows] == results["figures"]
    assert {row.seed for row in rows} == {0}
    assert rows[0].hashes == results["hashes"]


def test_finding_the_composer_is_counted_as_by_hand(findings: Findings) -> None:
    """Even tracks are by one composer, odd ones by the other. Of each track's five nearest, gains are 1 / log₂(rank +
    1) where the composer is the same, over those of five right ones."""
    vectors = np.stack([vector(number) for number in range(60)]).astype(np.float64)
    nearest = np.argsort(-(vectors @ vectors.T - 2 * np.eye(60)), axis=1)[:, :5]
    discounts = 1 / np.log2(np.arange(2, 7))
    right = nearest % 2 == np.arange(60)[:, None] % 2
    found = findings.one(part="content", task="composer", space="musicnn-mtt", metric="ndcg", k=5)
    assert found is not None
    assert found.value == pytest.approx(float((right @ discounts).mean() / discounts.sum()), abs=1e-6)
    assert found.cases == 60
    noise = findings.one(part="content", task="composer", space="random", metric="ndcg", k=5)
    chance = findings.one(part="content", task="composer", strategy="chance", metric="ndcg", k=5)
    assert noise is not None
    assert chance is not None
    assert noise.low <= chance.value <= noise.high  # type: ignore[operator]  # measured
    # 29 of the 59 others are by the same composer.
    assert chance.value == pytest.approx(29 / 59, abs=1e-6)


def test_the_same_space_under_another_name_is_not_distinguishable(findings: Findings) -> None:
    for part, task, names in (
        ("content", "composer", ("musicnn-mtt", "musicnn-msd")),
        ("content", "instrument", ("musicnn-mtt", "musicnn-msd")),
        ("hot", "spaces", ("KNN on musicnn-mtt", "KNN on musicnn-msd")),
        ("hot", "spaces", ("SHALLOW on musicnn-mtt", "SHALLOW on musicnn-msd")),
    ):
        found = findings.difference(part, task, *names)
        assert found is not None
        assert (found.value, found.low, found.high, found.config["verdict"]) == (0, 0, 0, "not distinguishable")


def test_what_is_better_is_called_better(findings: Findings) -> None:
    found = findings.difference("content", "composer", "musicnn-mtt", "random")
    assert found is not None
    assert found.config["verdict"] == "better"
    assert found.low is not None
    assert found.low > 0


def test_the_usual_baselines_are_in_the_table(findings: Findings) -> None:
    for part in ("hot", "cold", "cold among cold", "repeated"):
        names = {f"{strategy} on {space}" if space else strategy for strategy, space in findings.ways(part)}
        assert names >= {"POPULAR", "PERSONALIZED_MOST_POPULAR", "RANDOM", "KNN on metadata", "KNN on random"}


def test_lengths_scale_with_the_archive(findings: Findings) -> None:
    lengths = {one.k for one in findings.where(part="hot", strategy="POPULAR", metric="ndcg")}
    assert lengths == {1, 3, 5, 10, 50}  # 1 % and 5 % of 60 tracks are 1 and 3


def test_a_model_that_answers_is_asked_for_what_it_has_not_seen(archive: Archive, findings: Findings) -> None:
    """It was trained on the same split, so it does as its own training said: the cases' histories differ in nothing but
    tracks that were held out here."""
    found = findings.one(part="served", strategy=archive.model, metric="ndcg", k=10)
    hot = findings.one(part="hot", strategy="KNN", space="musicnn-mtt", metric="ndcg", k=10)
    assert found is not None
    assert hot is not None
    assert found.cases == hot.cases
    [card] = findings.document["models"]
    assert (card["name"], card["learned_from"][:10]) == (archive.model, "30 people;")


def test_a_second_run_takes_over_what_was_done(archive: Archive, results: dict[str, Any]) -> None:
    archive.evaluate(archive.wish)
    again = archive.results()
    assert [step["name"] for step in again["steps"] if not step["reused"]] == ["cost"]
    assert lasting(again) == lasting(results)


def test_the_same_seed_gives_the_same_figures_afresh(archive: Archive, results: dict[str, Any]) -> None:
    """Of one space, since all that is of one space alone was worked out by the first run."""
    wish = replace(archive.wish, spaces=("musicnn-mtt",), strategies=("KNN", "SHALLOW"))
    archive.evaluate(wish)
    first = archive.results()
    assert "recommending by SHALLOW on musicnn-mtt" in [step["name"] for step in first["steps"] if step["reused"]]
    archive.evaluate(replace(wish, resume=False))
    again = archive.results()
    assert not any(step["reused"] for step in again["steps"])
    assert lasting(again) == lasting(first)
    assert again["hashes"] == first["hashes"]


def test_fewer_spaces_and_no_listener_still_make_a_report(
    archive: Archive, results: dict[str, Any], new_database, tmp_path: Path
) -> None:
    bare = Archive(new_database(), tmp_path)
    try:
        with bare.engine.begin() as connection:
            furnish(connection, users=0)
        bare.evaluate(EvaluationWish(spaces=("musicnn-mtt", "musicnn-msd"), full=False))
        found = bare.results()
    finally:
        bare.close()
    assert [space["name"] for space in found["spaces"]] == ["musicnn-mtt", "musicnn-msd", "random"]
    assert found["listening"] is None
    assert found["verdict"]["space"] == "musicnn-mtt"
    assert found["verdict"]["strategy"] == "KNN"
    assert "nobody has listened yet" in found["verdict"]["of_strategy"][0]


def test_what_cannot_be_evaluated_says_why(archive: Archive, results: dict[str, Any]) -> None:
    failed = archive.evaluate(replace(archive.wish, strategies=("KNM",)))
    status, _, _, error = job(archive.engine, failed)
    assert status == "FAILED"
    assert error is not None
    assert error.startswith("No strategy is called KNM. Those that can be evaluated: POPULAR, ")


def test_a_model_is_not_asked_for_what_it_was_trained_on(archive: Archive, results: dict[str, Any]) -> None:
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE models SET snapshot = jsonb_set(snapshot, '{test_from}', '4e9')"))
    archive.evaluate(replace(archive.wish, strategies=("KNN",), spaces=("musicnn-mtt",)))
    refused = {one["step"]: one["reason"] for one in archive.results()["not_done"]}
    cases = Findings(archive.results()).one(part="hot", strategy="POPULAR", metric="ndcg", k=10)
    assert cases is not None
    reason = refused[f"model {archive.model} as it is served"]
    assert f"cannot be measured on this split: {cases.cases} of its {cases.cases} test rows are in what" in reason
    page = (report_folder(archive.settings.data_dir) / "index.html").read_text()
    assert "cannot be measured on this split" in page


def test_the_page_is_whole_and_asks_nothing_of_anybody(results: dict[str, Any], tmp_path: Path) -> None:
    folder = write_report(results, tmp_path)
    page = (folder / "index.html").read_text()
    assert re.findall(r"(?:src|href)=[\"'](?!#)", page) == []
    assert "<script" not in page
    assert "@import" not in page
    assert [f'id="{name}"' in page for name in ("verdict", "rq1", "rq2", "rq3", "rq4", "system", "method")] == [
        True
    ] * 7
    assert "cannot be compared" in page  # beside the published figures
    assert read_verdict(folder)[0].startswith("Use the space musicnn-m")


def test_a_wish_is_kept_with_its_results(archive: Archive, results: dict[str, Any]) -> None:
    assert results["wish"] == orjson.loads(orjson.dumps(asdict(archive.wish)))
