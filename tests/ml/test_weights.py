"""Fetching weights from a hub on loopback that speaks the real one's protocol, and what is believed of a file."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest

from domain.errors.machine import FileUnwritable, WeightsDamaged, WeightsMissing, WeightsRefused, WeightsUnreachable
from domain.spaces import BACKENDS, BackendFacts, HubFile, WebFile
from ml.weights import address, missing, place, require
from ml.weights_fetch import UNFINISHED, fetch
from tests.ml.hub_server import COMMIT, Hub, serve_hub

CONTENT = np.random.default_rng(3).bytes(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
FILE = HubFile("music/model", "sub/model.safetensors", revision="main", sha256=DIGEST, size=len(CONTENT))


def facts(*files: HubFile | WebFile) -> BackendFacts:
    return replace(BACKENDS["random"], name="mine", weights=files)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serve_hub() as hub:
        hub.files = {"music/model/sub/model.safetensors": CONTENT, "music/model/config.json": b"{}"}
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        yield hub


def test_a_file_comes_to_its_place_and_is_what_it_should_be(hub: Hub, tmp_path: Path) -> None:
    mine = facts(FILE, HubFile("music/model", "config.json"))
    assert missing(tmp_path, mine) == list(mine.weights)
    with pytest.raises(WeightsMissing) as caught:
        require(tmp_path, mine)
    said = str(caught.value)
    assert f"'{tmp_path}/mine/model.safetensors' does not exist" in said
    assert "segue weights fetch mine" in said
    assert f"or put {hub.url}/music/model/resolve/main/sub/model.safetensors there" in said
    assert fetch(tmp_path, mine) == [tmp_path / "mine" / "model.safetensors", tmp_path / "mine" / "config.json"]
    assert (tmp_path / "mine" / "model.safetensors").read_bytes() == CONTENT
    assert require(tmp_path, mine) == tmp_path / "mine"
    assert list((tmp_path / UNFINISHED).iterdir()) == []
    origins = json.loads((tmp_path / "mine" / "origins.json").read_text())
    assert origins["model.safetensors"] == {
        "address": f"{hub.url}/music/model/resolve/{COMMIT}/sub/model.safetensors",
        "sha256": DIGEST,
    }
    asked = len(hub.asked)
    assert fetch(tmp_path, mine) == []
    assert len(hub.asked) == asked


def test_a_layer_of_a_model_shares_its_weights(hub: Hub, tmp_path: Path) -> None:
    fetch(tmp_path, facts(FILE))
    other = replace(facts(FILE), name="mine-layer3")
    assert require(tmp_path, other) == tmp_path / "mine"


def test_a_connection_that_breaks_is_taken_up_again(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 50_000)
    hub.cuts = 1
    fetch(tmp_path, facts(FILE))
    assert place(tmp_path, facts(FILE), FILE).read_bytes() == CONTENT
    assert hub.asked[-1] == f"GET /store/{DIGEST} bytes=150000-"


def test_half_a_file_is_never_taken_for_whole(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # the hub's library waits a second before each new try
    hub.cuts = 1_000
    with pytest.raises(WeightsUnreachable) as caught:
        fetch(tmp_path, facts(FILE))
    assert f"{hub.url}/music/model/resolve/main/sub/model.safetensors: peer closed" in str(caught.value)
    assert str(caught.value).endswith(f"Put that file by hand at {tmp_path}/mine/model.safetensors")
    assert not place(tmp_path, facts(FILE), FILE).exists()
    hub.cuts = 0
    fetch(tmp_path, facts(FILE))
    assert require(tmp_path, facts(FILE)) == tmp_path / "mine"


@pytest.mark.parametrize("published", [DIGEST, None], ids=["published", "as the hub says"])
def test_another_file_is_refused(hub: Hub, tmp_path: Path, published: str | None) -> None:
    hub.lies = {DIGEST: CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])}
    mine = facts(replace(FILE, sha256=published))
    with pytest.raises(WeightsRefused, match=f"its SHA-256 is [0-9a-f]{{64}} instead of {DIGEST}"):
        fetch(tmp_path, mine)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_changed_since_it_was_fetched_is_not_used(hub: Hub, tmp_path: Path) -> None:
    unknown = facts(replace(FILE, sha256=None, size=None))
    fetch(tmp_path, unknown)
    place(tmp_path, unknown, FILE).write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(WeightsDamaged, match=f"instead of {DIGEST}"):
        require(tmp_path, unknown)
    # Put there by hand, nothing is known of it but what is published.
    (tmp_path / "mine" / "origins.json").unlink()
    assert require(tmp_path, unknown) == tmp_path / "mine"
    with pytest.raises(WeightsDamaged, match=r"it has 300,000 bytes instead of 7"):
        require(tmp_path, facts(replace(FILE, size=7)))


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (HubFile("music/model", "none.bin"), "the hub has no such file"),
        (HubFile("music/model", "config.json", revision="gone"), "the hub has no revision 'gone' of it"),
    ],
)
def test_what_the_hub_does_not_have(hub: Hub, tmp_path: Path, file: HubFile, reason: str) -> None:
    with pytest.raises(WeightsUnreachable) as caught:
        fetch(tmp_path, facts(file))
    assert reason in str(caught.value)
    assert address(file) in str(caught.value)


def test_offline_the_address_and_the_place_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    with pytest.raises(WeightsUnreachable) as caught:
        fetch(tmp_path, facts(FILE))
    url = "http://127.0.0.1:9/music/model/resolve/main/sub/model.safetensors"
    assert str(caught.value) == (
        f"The weights of 'mine' cannot be had from {url}: [Errno 111] Connection refused."
        f" Put that file by hand at {tmp_path}/mine/model.safetensors"
    )


class TestOfAnAddress:
    def test_a_download_goes_on_where_it_was_cut_off(self, hub: Hub, tmp_path: Path) -> None:
        file = WebFile(f"{hub.url}/store/{DIGEST}", sha256=DIGEST)
        hub.cuts = 1
        with pytest.raises(WeightsUnreachable, match="the connection ended 150,000 bytes too early"):
            fetch(tmp_path, facts(file))
        assert not place(tmp_path, facts(file), file).exists()
        fetch(tmp_path, facts(file))
        assert hub.asked == [f"GET /store/{DIGEST}", f"GET /store/{DIGEST} bytes=150000-"]
        assert place(tmp_path, facts(file), file).read_bytes() == CONTENT

    def test_another_file_is_refused(self, hub: Hub, tmp_path: Path) -> None:
        file = WebFile(f"{hub.url}/store/{DIGEST}", sha256="0" * 64)
        with pytest.raises(WeightsRefused, match="Nothing of it was kept"):
            fetch(tmp_path, facts(file))
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileUnwritable, match="Not a directory"):
        fetch(tmp_path / "file", facts(FILE))
