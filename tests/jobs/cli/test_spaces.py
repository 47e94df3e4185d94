"""Another space than the default, from the command line to the answer: embedded, whitened, joined, compared, asked."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest

from api.app import create_app
from domain.settings import Settings
from sql.database import Database
from tests.jobs.cli.command import Ran, segue
from tests.ml.recordings import sine, write

RATE = 16_000
TITLES = [f"Chord {number}" for number in range(1, 6)]

QUERY = """
query ($space: String, $track: ID!) {
  recommendSimilar(trackId: $track, space: $space, first: 10) {
    space { name backend dimension licence commercialUse trackCount }
    items { score track { title tags { name } } reasons { kind text } }
  }
}
"""
TRACK = "{ tracks(first: 5) { edges { node { id title } } } }"

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Five chords of 4 s."""
    folder = tmp_path / "music" / "Chords"
    folder.mkdir(parents=True)
    for number, root in enumerate((220.0, 247.0, 330.0, 440.0, 880.0), 1):
        chord = sum(sine(4, RATE, root * ratio, 0.2) for ratio in (1, 1.25, 1.5))
        write(folder / f"{number:02} Chord {number}.flac", np.asarray(chord, np.float32)[None], RATE, layout="mono")
    return folder


async def test_from_embedding_to_an_answer(tmp_path: Path, database_url: str, music: Path) -> None:
    def run(*arguments: str | Path) -> Ran:
        return segue(*arguments, data_dir=tmp_path / "data", database_url=database_url)

    assert run("import", music).code == 0
    assert run("embed", "--wait").out[-1] == "5 tracks embedded"
    assert run("embed", "--space", "vgg-mtt", "--wait").out[-1] == "5 tracks embedded"
    assert run("derive", "whiten", "--space", "vgg-mtt", "--dim", "3").out == [
        "'vgg-mtt-w3' holds 5 tracks in 3 dimensions, and answers"
    ]
    assert run("derive", "concat", "musicnn-mtt", "vgg-mtt").out == [
        "'musicnn-mtt+vgg-mtt' holds 5 tracks in 328 dimensions, and answers"
    ]
    refused = run("derive", "whiten", "--space", "vgg-mtt", "--dim", "64")
    assert refused.code == 1
    assert refused.err == [
        "segue: 'vgg-mtt' cannot be whitened to 64 dimensions: 5 tracks in 128 dimensions vary in 4. Choose 4 or fewer"
        " with --dim, or embed more tracks first."
    ]
    refused = run("embed", "--space", "vgg-mtt-w3")
    assert refused.err == [
        "segue: Space 'vgg-mtt-w3' is computed from vgg-mtt: what is embedded there appears in it by itself."
    ]
    compared = run("space-compare", "musicnn-mtt", "musicnn-mtt+vgg-mtt").out
    assert compared[0] == "5 tracks in both"
    assert compared[1].startswith("overlap@4                       1.00")  # all others, in both
    listed = {row.split()[0]: row.split() for row in run("spaces").out}
    assert listed["vgg-mtt-w3"][1:6] == ["3", "READY", "5", "of", "5"]

    async def ask(query: str, **variables: str) -> dict[str, dict[str, list[dict[str, object]]]]:
        answer = await client.post("/graphql", json={"query": query, "variables": variables})
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]  # type: ignore[no-any-return]

    database = Database(database_url, size=1, statement_timeout_seconds=10)
    app = create_app(Settings(), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        tracks = (await ask(TRACK))["tracks"]["edges"]
        seed = tracks[0]["node"]
        for space, backend, dimension in (
            ("vgg-mtt", "vgg-mtt", 128),
            ("vgg-mtt-w3", "vgg-mtt", 3),
            ("musicnn-mtt+vgg-mtt", "musicnn-mtt+vgg-mtt", 328),
        ):
            found = (await ask(QUERY, track=seed["id"], space=space))["recommendSimilar"]
            assert found["space"] == {
                "name": space,
                "backend": backend,
                "dimension": dimension,
                "licence": "ISC",
                "commercialUse": True,
                "trackCount": 5,
            }
            assert sorted(item["track"]["title"] for item in found["items"]) == [
                title for title in TITLES if title != seed["title"]
            ]
        # Tags that are named as a reason are those of the default space, on both tracks.
        default = (await ask(QUERY, track=seed["id"], space="musicnn-mtt"))["recommendSimilar"]
        tags = {item["track"]["title"]: item["track"]["tags"] for item in default["items"]}
        assert {item["track"]["title"]: item["track"]["tags"] for item in found["items"]} == tags
    await database.close()
