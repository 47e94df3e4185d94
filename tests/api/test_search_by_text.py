"""A text that finds music, over real HTTP: a small joint model hears the recordings and reads the text."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import numpy as np
import pytest
import uvicorn
from numpy.typing import NDArray

from api.app import create_app
from domain.settings import Settings
from domain.spaces import BACKENDS
from ml.backends import mulan_text
from ml.backends.registry import load
from ml.serving.text_towers import place
from sql.database import Database
from sql.engine import make_engine
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.revisions import open_revision
from tests.golden.drawn import drawn_music
from tests.golden.small_muq import TEXTS
from tests.ml.backends.contract import chords
from tests.ml.backends.test_muq import read_golden
from tests.ml.backends.test_muq_mulan import FACTS, write
from tests.small_archive import fill

SPACE = "muq-mulan"
QUERY = """query($text: String!, $space: String, $first: Int! = 10) {
  searchByText(text: $text, space: $space, first: $first) {
    space { name licence commercialUse } items { rank score track { title composer { name } } }
  }
}"""
RATE = FACTS.sample_rate


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with mock.patch.dict(BACKENDS, {SPACE: FACTS}):
        yield


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, small: None) -> Path:
    root = tmp_path_factory.mktemp("weights")
    (root / SPACE).mkdir()
    write(root / SPACE)
    mulan_text.export(root, FACTS, place(root, FACTS))
    return root


@pytest.fixture(scope="module")
def heard(new_database: Callable[[], str], weights: Path) -> tuple[str, dict[str, NDArray[np.float32]]]:
    """The address of an archive in which four tracks were heard, and their vectors by title."""
    url = new_database()
    archive = fill(url)
    backend = load(SPACE, device="cpu", weights=weights)
    first, second = drawn_music(3.0, RATE)
    noise = np.random.default_rng(5).uniform(-0.5, 0.5, 3 * RATE).astype(np.float32)
    music = {"Prelude": first, "Fugue": second, "Élégie": chords(3, RATE), "Waltz": noise}
    vectors = {title: backend.embed([samples]).vector for title, samples in music.items()}
    engine = make_engine(url)
    with engine.begin() as connection:
        revision = open_revision(connection, FACTS).revision_id
        for title, vector in vectors.items():
            save_track_embedding(connection, revision, archive.tracks[title], vector=vector, segments=())
    engine.dispose()
    return url, vectors


def serving(url: str, weights: Path) -> tuple[uvicorn.Server, threading.Thread, str]:
    listening = socket.create_server(("127.0.0.1", 0))
    database = Database(url, size=2, statement_timeout_seconds=10)
    app = create_app(Settings(database_url=url, weights_dir=str(weights)), database)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    return server, thread, f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def address(heard: tuple[str, object], weights: Path) -> Iterator[str]:
    server, thread, address = serving(heard[0], weights)
    yield address
    server.should_exit = True
    thread.join()


def ask(address: str, **variables: Any) -> dict[str, Any]:
    answer = httpx.post(f"{address}/graphql", json={"query": QUERY, "variables": variables}, timeout=60)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def code(address: str, **variables: Any) -> str:
    [error] = ask(address, **variables)["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize("number", range(2), ids=lambda number: TEXTS[number])
def test_the_nearest_by_the_cosine_of_text_and_music(
    address: str, heard: tuple[str, dict[str, NDArray[np.float32]]], number: int
) -> None:
    text = read_golden()["mulan/texts"][number]  # what the package `muq` makes of it
    cosines = {title: float(text @ vector) for title, vector in heard[1].items()}
    expected = sorted(cosines, key=lambda title: -cosines[title])
    found = ask(address, text=TEXTS[number])["data"]["searchByText"]
    assert found["space"] == {"name": SPACE, "licence": "CC-BY-NC-4.0", "commercialUse": False}
    assert [item["track"]["title"] for item in found["items"]] == expected
    assert [item["rank"] for item in found["items"]] == [1, 2, 3, 4]
    np.testing.assert_allclose(
        [item["score"] for item in found["items"]], [cosines[title] for title in expected], atol=1e-4
    )
    [best] = ask(address, text=f"  {TEXTS[number]} ", space=SPACE, first=1)["data"]["searchByText"]["items"]
    assert best == found["items"][0]
    assert found["items"][expected.index("Waltz")]["track"]["composer"] == {"name": "Clara Schumann"}


@pytest.mark.parametrize("blank", ["", " \t"])
def test_a_blank_finds_nothing(address: str, blank: str) -> None:
    assert ask(address, text=blank)["data"]["searchByText"]["items"] == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"text": "organ", "space": "musicnn-mtt"}, "SPACE_HAS_NO_TEXT"),
        ({"text": "organ", "space": "mert-95m"}, "SPACE_HAS_NO_TEXT"),  # empty as well
        ({"text": "organ", "space": "nowhere"}, "SPACE_NOT_FOUND"),
        ({"text": "organ", "first": 0}, "INVALID_PAGE_SIZE"),
        ({"text": "organ", "first": 101}, "INVALID_PAGE_SIZE"),
        ({"text": "o" * 201}, "SEARCH_TEXT_TOO_LONG"),
    ],
)
def test_what_cannot_be_answered(address: str, variables: dict[str, Any], expected: str) -> None:
    assert code(address, **variables) == expected


def test_another_space_is_told_which_knows_texts(address: str) -> None:
    [error] = ask(address, text="organ", space="musicnn-mtt")["errors"]
    assert error["message"] == (
        "Space 'musicnn-mtt' knows music only: no text has a place in it. Those that know texts: muq-mulan."
    )


def test_a_space_of_other_weights_is_not_compared(address: str) -> None:
    with mock.patch.dict(BACKENDS, {SPACE: replace(FACTS, revision="newer")}):
        assert code(address, text="organ") == "SPACE_OF_OTHER_WEIGHTS"


def test_without_a_tower_the_remedy_is_told_and_no_path(heard: tuple[str, object], tmp_path: Path) -> None:
    server, thread, address = serving(heard[0], tmp_path)
    try:
        [error] = ask(address, text="organ")["errors"]
    finally:
        server.should_exit = True
        thread.join()
    assert error["extensions"]["code"] == "TEXT_TOWER_MISSING"
    assert "segue weights export-text muq-mulan" in error["message"]
    assert str(tmp_path) not in str(error)


def test_an_empty_space(database_url: str, weights: Path) -> None:
    server, thread, address = serving(database_url, weights)
    try:
        assert code(address, text="organ") == "SPACE_NOT_READY"
    finally:
        server.should_exit = True
        thread.join()
