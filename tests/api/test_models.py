"""Trained models over the API: listed, looked into, promoted by curators, asked for by name; trained on demand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine, text

from api.app import create_app
from domain import ids
from domain.settings import Settings
from domain.training import TrainedModel, TrainingWish
from jobs.lanes import Lanes
from jobs.queue import TRAIN_MODEL, JobQueue
from jobs.storage.location import open_storage
from jobs.sweeper import start_job
from jobs.training.job import TrainJobs
from sql.database import Database
from sql.engine import make_engine
from sql.models.model_rows import model_of_job
from sql.queue.train_requests import request_training_at
from tests.jobs.training.listeners import fill, listen

pytestmark = pytest.mark.anyio

LOCAL = "http://127.0.0.1:8000"
MODELS = """
query Models($strategy: Strategy, $status: ModelStatus) {
  models(strategy: $strategy, status: $status) {
    id name strategy status simulated verdict space { name } ownSpace { name trackCount }
    settings { name value } metrics { way part hitRate { estimate low high } ndcg { estimate } coverage }
  }
}
"""
FOR_USER = """
query ($user: ID!, $strategy: Strategy, $model: String, $first: Int) {
  recommendForUser(userId: $user, strategy: $strategy, model: $model, first: $first) {
    strategy strategyReason fallbackReason model { name } space { name } items { rank track { title } }
  }
}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, new_database) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"), database_url=new_database())


@pytest.fixture(scope="module")
def engine(settings: Settings) -> Iterator[Engine]:
    assert settings.database_url is not None
    engine = make_engine(settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tracks(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        ids_ = fill(connection)
        listen(connection, ids_)
    return ids_


@pytest.fixture(scope="module")
def trained(engine: Engine, settings: Settings, tracks: list[int]) -> TrainedModel:
    """A model of the strategy SHALLOW."""
    assert settings.database_url is not None
    queue = JobQueue.of(settings.database_url)
    wish = TrainingWish("SHALLOW", "musicnn-mtt", settings=(("dimension", "8"), ("epochs", "3")))
    job_id = request_training_at(settings.database_url, wish)
    start_job(engine, queue, TRAIN_MODEL, job_id)
    lanes = Lanes(engine, queue, process="here:1", stopping=Event(), resting=Event())
    with engine.connect() as connection:
        lane = connection.scalar(text("SELECT id FROM lanes WHERE job_id = :id"), {"id": job_id})
    TrainJobs(lanes, settings=settings, storage=open_storage(settings)).train_model(str(job_id), str(lane))
    queue.close()
    with engine.connect() as connection:
        model = model_of_job(connection, job_id)
    assert model is not None
    assert model.own_space is not None, model.gate
    return model


@pytest.fixture
async def local(settings: Settings, trained: TrainedModel) -> AsyncIterator[httpx.AsyncClient]:
    """A client on the server's machine: a curator."""
    assert settings.database_url is not None
    database = Database(settings.database_url, size=2, statement_timeout_seconds=10)
    transport = httpx.ASGITransport(create_app(settings, database))
    async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
        yield client
    await database.close()


async def ask(client: httpx.AsyncClient, query: str, **variables: object) -> dict:
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    return answer.json()


async def test_models_are_listed_with_how_they_did(local: httpx.AsyncClient, trained: TrainedModel) -> None:
    answer = await ask(local, MODELS)
    [model] = answer["data"]["models"]
    assert model["id"] == ids.encode("Model", trained.id)
    assert (model["name"], model["strategy"], model["status"]) == (trained.name, "SHALLOW", trained.status.value)
    assert (model["space"], model["ownSpace"]) == (
        {"name": "musicnn-mtt"},
        {"name": trained.name, "trackCount": 60},
    )
    assert {"name": "epochs", "value": "3"} in model["settings"]
    ways = {(one["way"], one["part"]): one for one in model["metrics"]}
    hot = trained.metrics["SHALLOW"]["hot"]
    assert ways["SHALLOW", "hot"]["hitRate"] == hot["hr@10"]
    assert ways["SHALLOW", "hot"]["ndcg"]["estimate"] == hot["ndcg@10"]["estimate"]
    assert ways["SHALLOW", "hot"]["coverage"] == hot["coverage@10"]
    assert {("KNN", "hot"), ("POPULAR", "cold"), ("RANDOM", "cold_among_cold")} <= set(ways)
    assert model["verdict"] == trained.gate["verdict"]


async def test_models_are_filtered(local: httpx.AsyncClient, trained: TrainedModel) -> None:
    assert (await ask(local, MODELS, strategy="BERT4REC"))["data"]["models"] == []
    assert (await ask(local, MODELS, status="FAILED"))["data"]["models"] == []
    assert len((await ask(local, MODELS, strategy="SHALLOW"))["data"]["models"]) == 1


async def test_a_model_answers_by_name_and_once_promoted_by_its_strategy(
    local: httpx.AsyncClient, engine: Engine, trained: TrainedModel, tracks: list[int]
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE models SET status = 'CANDIDATE'"))
        listener = connection.execute(text("SELECT id FROM users WHERE name = 'User 0'")).scalar_one()
        heard = set(
            connection.scalars(
                text("SELECT t.title FROM interactions i JOIN tracks t ON t.id = i.track_id WHERE i.user_id = :u"),
                {"u": listener},
            )
        )
    user = ids.encode("User", str(listener))
    by_name = (await ask(local, FOR_USER, user=user, model=trained.name, first=10))["data"]["recommendForUser"]
    assert by_name["model"] == {"name": trained.name}
    assert by_name["space"] == {"name": trained.name}
    titles = [item["track"]["title"] for item in by_name["items"]]
    assert len(titles) == 10
    assert not set(titles) & heard
    # User 0 hears even tracks, of which there are eighteen more.
    assert sum(int(title.split()[1]) % 2 == 0 for title in titles) >= 9
    promoted = await ask(
        local, "mutation ($id: ID!) { promoteModel(id: $id) { name status } }", id=ids.encode("Model", trained.id)
    )
    assert promoted["data"]["promoteModel"] == {"name": trained.name, "status": "ACTIVE"}


async def test_an_active_model_is_what_auto_picks(
    settings: Settings, engine: Engine, trained: TrainedModel, local: httpx.AsyncClient
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE models SET status = 'ACTIVE'"))
        listener = connection.execute(text("SELECT id FROM users WHERE name = 'User 1'")).scalar_one()
    answer = await ask(local, FOR_USER, user=ids.encode("User", str(listener)), first=5)
    found = answer["data"]["recommendForUser"]
    assert (found["strategy"], found["model"]) == ("SHALLOW", {"name": trained.name})
    ndcg = trained.metrics["SHALLOW"]["hot"]["ndcg@10"]["estimate"]
    assert f"NDCG@10 of {ndcg:.3f}" in found["strategyReason"]


async def test_only_curators_train_and_promote(
    settings: Settings, trained: TrainedModel, local: httpx.AsyncClient
) -> None:
    public = {"headers": {"host": "archive.test"}}
    for mutation in (
        "mutation { train(strategy: SHALLOW) { id } }",
        f'mutation {{ promoteModel(id: "{ids.encode("Model", trained.id)}") {{ id }} }}',
    ):
        answer = await local.post("/graphql", json={"query": mutation}, **public)
        assert answer.json()["errors"][0]["extensions"]["code"] == "CURATOR_ONLY"


async def test_how_a_model_did_is_for_curators(
    trained: TrainedModel, local: httpx.AsyncClient, tracks: list[int]
) -> None:
    made = (await ask(local, "mutation { createUser { token user { id } } }"))["data"]["createUser"]
    record = """mutation($user: ID!, $entries: [InteractionInput!]!) {
        recordInteractions(userId: $user, interactions: $entries) { recorded } }"""
    heard = [
        {
            "clientId": str(key),
            "trackId": ids.encode("Track", key),
            "kind": "PLAY",
            "occurredAt": "2026-07-01T12:00:00Z",
        }
        for key in tracks[:3]
    ]
    recorded = await ask(local, record, user=made["user"]["id"], entries=heard)
    assert recorded["data"]["recordInteractions"] == {"recorded": 3}
    query = """query($user: ID!, $model: String!, $all: Boolean!) { recommendForUser(userId: $user, model: $model) {
        items { rank } model { name metrics @include(if: $all) { way } } } }"""
    for all_, model, codes in ((False, {"name": trained.name}, []), (True, None, ["NOT_A_CURATOR"])):
        answer = await local.post(
            "/graphql",
            json={"query": query, "variables": {"user": made["user"]["id"], "model": trained.name, "all": all_}},
            headers={"host": "archive.test", "authorization": f"Bearer {made['token']}"},
        )
        content = answer.json()
        assert content["data"]["recommendForUser"]["model"] == model
        assert len(content["data"]["recommendForUser"]["items"]) == 10
        assert [error["extensions"]["code"] for error in content.get("errors", ())] == codes


async def test_training_is_asked_for_once(local: httpx.AsyncClient) -> None:
    train = "mutation { train(strategy: BERT4REC, seed: 3) { id kind status } }"
    first, second = await ask(local, train), await ask(local, train)
    assert first == second
    assert (first["data"]["train"]["kind"], first["data"]["train"]["status"]) == ("train", "WAITING")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("mutation { train(strategy: KNN) { id } }", "STRATEGY_NOT_TRAINED"),
        (f'mutation {{ promoteModel(id: "{ids.encode("Model", 999_999)}") {{ id }} }}', "MODEL_NOT_FOUND"),
        (f'{{ node(id: "{ids.encode("Model", 999_999)}") {{ id }} }}', "MODEL_NOT_FOUND"),
        (
            f'{{ recommendForUser(userId: "{ids.encode("User", str(uuid4()))}", model: "x") {{ id }} }}',
            "MODEL_NOT_FOUND",
        ),
    ],
)
async def test_what_cannot_be_is_a_coded_error(local: httpx.AsyncClient, query: str, code: str) -> None:
    assert (await ask(local, query))["errors"][0]["extensions"]["code"] == code


def test_nothing_of_it_brings_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    found = subprocess.run(
        [sys.executable, "-c", "import sys, api.app; print('torch' in sys.modules, 'sqlmodel' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["False", "False"]
