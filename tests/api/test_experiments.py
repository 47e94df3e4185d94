"""What evaluations measured, over the API: for curators, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from api.app import create_app
from domain import ids
from domain.experiments import Figure
from domain.settings import Settings
from sql.engine import make_engine
from sql.experiments.experiment_rows import write_figures

pytestmark = pytest.mark.anyio

LOCAL = "http://127.0.0.1:8000"
RUN = UUID(int=7)
FIGURES = [
    Figure("content", "composer", "ndcg", 0.5, 0.4, 0.6, 12, space="mfcc", k=5),
    Figure("hot", "next track", "mrr", None, strategy="KNN", space="mfcc", config={"interests": 3}),
    Figure("cost", "space", "bytes a track", 320.0, cases=12, space="mfcc"),
]
QUERY = """
query ($first: Int, $after: String) {
  experiments(first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      run part task space strategy metric k value low high cases seed seconds
      config { name value } versions { name value } hashes { name value }
    }
  }
}
"""


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    engine = make_engine(database_url)
    kept = {"seed": 3, "versions": {"segue": "0.1.0"}, "hashes": {"log": "ab"}}
    for _ in range(2):  # a run that is written again takes the place of what it wrote
        with engine.begin() as connection:
            assert write_figures(connection, RUN, [(FIGURES[:2], 1.5), (FIGURES[2:], 0.5)], **kept) == 3
    engine.dispose()
    return Settings(data_dir=tmp_path, database_url=database_url)


async def client_of(settings: Settings, base: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base) as made:
        yield made
    await app.state.services.close()


@pytest.fixture
async def local(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async for made in client_of(settings, LOCAL):
        yield made


@pytest.fixture
async def visitor(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async for made in client_of(settings, "http://archive.test"):
        yield made


async def test_figures_come_newest_first_and_in_pages(local: httpx.AsyncClient) -> None:
    answer = (await local.post("/graphql", json={"query": QUERY, "variables": {"first": 2}})).json()
    found = answer["data"]["experiments"]
    assert found["totalCount"] == 3
    assert found["pageInfo"]["hasNextPage"] is True
    assert [(node["part"], node["metric"], node["value"], node["seconds"]) for node in found["nodes"]] == [
        ("cost", "bytes a track", 320.0, 0.5),
        ("hot", "mrr", None, 1.5),
    ]
    assert found["nodes"][1] == {
        "run": ids.encode("Job", str(RUN)),
        "part": "hot",
        "task": "next track",
        "space": "mfcc",
        "strategy": "KNN",
        "metric": "mrr",
        "k": None,
        "value": None,
        "low": None,
        "high": None,
        "cases": 0,
        "seed": 3,
        "seconds": 1.5,
        "config": [{"name": "interests", "value": "3"}],
        "versions": [{"name": "segue", "value": "0.1.0"}],
        "hashes": [{"name": "log", "value": "ab"}],
    }
    rest = {"first": 2, "after": found["pageInfo"]["endCursor"]}
    answer = (await local.post("/graphql", json={"query": QUERY, "variables": rest})).json()
    [last] = answer["data"]["experiments"]["nodes"]
    assert (last["part"], last["k"], last["value"], last["low"], last["high"]) == ("content", 5, 0.5, 0.4, 0.6)


async def test_they_are_for_curators(visitor: httpx.AsyncClient) -> None:
    answer = (await visitor.post("/graphql", json={"query": QUERY})).json()
    assert answer["data"]["experiments"] is None
    assert answer["errors"][0]["extensions"]["code"] == "CURATOR_ONLY"
