"""An evaluation from the archive to the report: what is planted comes out, the same seed gives the same figures, and
what is done is not done again."""

from __future__ import annotations

import multiprocessing
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
from jobs.evaluation import helpers
from jobs.evaluation.archive import Archive as EvaluatedArchive
from jobs.evaluation.job import EvaluateJobs
from jobs.evaluation.labels import keep_labels
from jobs.evaluation.parts import Part
from jobs.evaluation.plan import plan
from jobs.evaluation.report.findings import Findings
from jobs.evaluation.report.writing import read_verdict, report_folder, write_report
from jobs.evaluation.run import read_study, run
from jobs.lanes import Lanes
from jobs.queue import EVALUATE_ARCHIVE, TRAIN_MODEL, JobQueue
from jobs.storage.location import open_storage
from jobs.sweeper import start_job
from jobs.training.job import TrainJobs
from ml.whitening import unit_rows
from sql.engine import make_engine
from sql.models.model_rows import model_of_job, promote
from sql.queue.evaluation_requests import request_evaluation_at
from sql.queue.train_requests import request_training_at
from tests.jobs.evaluation.archive import add_space, furnish
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


def lasting_of(part: Part) -> list[dict[str, Any]]:
    return [asdict(figure) for figure in part.figures if figure.part != "cost"]


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


def test_chance_is_what_a_ranking_of_so_few_tracks_finds(findings: Findings) -> None:
    """A quarter of the tracks is 15 of 60: cases with the same number of candidates have the same expectation."""
    whole = findings.one(part="hot", strategy="KNN", space="musicnn-mtt", metric="ndcg", k=10)
    sizes = {
        one.config["share"]: one
        for one in findings.where(part="size", task="hot", strategy="KNN", space="musicnn-mtt")
        if one.config["of"] == "tracks"
    }
    assert whole is not None
    assert sizes[1.0].value == whole.value  # of all tracks it is the same split
    assert sizes[1.0].config["count"] == 60
    # With n candidates any place has the same chance: Σ_{p ≤ 10} 1 / log₂(p + 1) / n, and n is between 60 less what a
    # listener has heard and 60.
    gained = float((1 / np.log2(np.arange(2, 12))).sum())
    assert gained / 60 < sizes[1.0].config["chance"] < gained / 20


def test_gaps_are_told_with_their_intervals(findings: Findings) -> None:
    for way in (("KNN", "musicnn-mtt"), ("SHALLOW", "musicnn-mtt")):
        seen, hot = (
            findings.one(part=part, strategy=way[0], space=way[1], metric="ndcg", k=10, task="next track")
            for part in ("seen in training", "hot")
        )
        gap = next(
            one
            for one in findings.where(part="gap", strategy=way[0], space=way[1])
            if one.config == {"of": "listeners", "share": 1.0}
        )
        assert seen is not None
        assert hot is not None
        assert gap.value == pytest.approx(seen.value - hot.value, abs=2e-6)  # type: ignore[operator]  # measured
        assert gap.low < gap.value < gap.high  # type: ignore[operator]  # measured


def test_every_comparison_is_corrected_with_all_of_its_kind(findings: Findings) -> None:
    """Holm: the smallest p counts once for each comparison there is."""
    for kind in ({"part": "content"}, {"part": "hot", "task": "spaces"}, {"part": "hot", "task": "interests"}):
        found = [one.config for one in findings.where(**kind) if "adjusted_p" in one.config]
        smallest = min(found, key=lambda one: one["p"])
        assert smallest["adjusted_p"] == pytest.approx(min(1, len(found) * smallest["p"]), abs=2e-6)
    # The best was chosen by the same figures: all pairs of ways count.
    best = [one.config for one in findings.where(part="hot", task="against the best")]
    pairs = (len(best) + 1) * len(best) // 2
    assert all(one["adjusted_p"] <= min(1, pairs * one["p"]) + 2e-6 for one in best)
    assert any(one["adjusted_p"] > min(1, len(best) * one["p"]) for one in best if one["p"] < 1 / pairs)


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
    # Recordings that could not be read then may be there now.
    heard = "disturbing recordings, 1 to 4"
    assert [step["name"] for step in again["steps"] if not step["reused"]] == [heard, "cost"]
    assert lasting(again) == lasting(results)


def test_what_the_catalogue_says_is_in_every_key_but_of_sound_alone(archive: Archive, results: dict[str, Any]) -> None:
    """Composers that were merged, or tags that another space gives, leave nothing of an earlier run."""
    study = read_study(archive.engine, archive.wish, archive.settings)

    def keys(changed: EvaluatedArchive) -> dict[str, str]:
        return {step.name: step.key for step in plan(None, replace(study, archive=changed), archive.settings)}

    known = study.archive
    before = keys(known)
    first, *others = known.tracks
    for changed in (
        replace(known, tracks=[first._replace(composer_id=None), *others]),
        replace(known, tags_of="mfcc"),
        replace(known, truths=known.truths._replace(tags=np.ones((len(known), 3), dtype=bool))),
    ):
        same = {name for name, key in keys(changed).items() if before.get(name) == key}
        assert {name for name in same if not name.startswith("disturb")} == set()


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


def test_several_processes_find_the_same(
    archive: Archive, results: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And are gone when whoever waits for them wants no more."""
    monkeypatch.setattr(helpers, "WORTH_SECONDS", 1.0)
    wish = replace(archive.wish, strategies=("KNN",), spaces=("musicnn-mtt",))
    study = read_study(archive.engine, wish, archive.settings)
    alone = run(archive.engine, study, archive.settings, lambda *_: None, cores=1)
    afresh = replace(study, wish=replace(wish, resume=False))
    told: list[tuple[int, int, str]] = []
    together = run(archive.engine, afresh, archive.settings, lambda *one: told.append(one), cores=2)
    assert together.reused == []
    assert list(together.parts) == list(alone.parts)
    assert [lasting_of(part) for part in together.parts.values()] == [lasting_of(part) for part in alone.parts.values()]
    assert together.not_done == alone.not_done
    done = [one[0] for one in told]
    assert done == sorted(done)
    assert done[-1] == told[-1][1]
    assert any(" and " in one[2] for one in told)  # two at once

    def enough(done: int, total: int, current: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(archive.engine, afresh, archive.settings, enough, cores=2)
    assert multiprocessing.active_children() == []


def test_fewer_spaces_and_no_listener_still_make_a_report(
    archive: Archive, results: dict[str, Any], new_database, tmp_path: Path
) -> None:
    bare = Archive(new_database(), tmp_path)
    try:
        with bare.engine.begin() as connection:
            ids = furnish(connection, users=0)
            coefficients = np.random.default_rng(0).standard_normal((len(ids), 8)).astype(np.float32)
            add_space(connection, "mfcc", ids, unit_rows(coefficients))
            add_space(connection, "vgg-mtt", ids[:50], unit_rows(coefficients[:50]))
        bare.evaluate(EvaluationWish(spaces=("musicnn-mtt", "musicnn-msd"), full=False))
        found = bare.results()
        bare.evaluate(EvaluationWish(full=False))
        every = bare.results()
        bare.evaluate(EvaluationWish(spaces=("vgg-mtt",), full=False))
        few = bare.results()
    finally:
        bare.close()
    assert [space["name"] for space in found["spaces"]] == ["musicnn-mtt", "musicnn-msd", "mfcc", "random"]
    # 50 of 60 tracks are less than nine in ten, unless they are asked for.
    assert [space["name"] for space in every["spaces"]] == ["musicnn-mtt", "musicnn-msd", "mfcc", "random"]
    assert (every["archive"]["tracks"], every["archive"]["thin_spaces"]) == (60, {"vgg-mtt": 50})
    assert [space["name"] for space in few["spaces"]] == ["vgg-mtt", "mfcc", "random"]
    assert (few["archive"]["tracks"], few["archive"]["thin_spaces"]) == (50, {})
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
    assert read_verdict(folder)[0].startswith("No space can be told from musicnn-m")


def test_a_wish_is_kept_with_its_results(archive: Archive, results: dict[str, Any]) -> None:
    assert results["wish"] == orjson.loads(orjson.dumps(asdict(archive.wish)))
