"""Weights in a bucket: fetched once, copied from there by every machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors.machine import InvalidSetting, WeightsDamaged, WeightsUnreachable
from domain.settings import Settings
from domain.spaces import BACKENDS, BackendFacts
from jobs.weights import Presence, WeightStore
from tests.jobs.storage.conftest import BUCKET, ObjectServer
from tests.ml.hub_server import serve_hub
from tests.ml.test_weights import CONTENT, FILE

MINE = replace(BACKENDS["random"], name="mine", weights=(FILE,))


def use(server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.service[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.service[1])


@pytest.mark.usefixtures("aws_environment")
def test_one_machine_fetches_for_all(
    object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(object_server, monkeypatch)

    def machine(name: str) -> WeightStore:
        return WeightStore(Settings(data_dir=tmp_path / name, weights_dir=f"s3://{BUCKET}/weights"))

    def place(name: str) -> Path:
        return tmp_path / name / "weights" / "mine" / "model.safetensors"

    assert machine("one").presence(MINE) is Presence.MISSING
    with serve_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.files = {"music/model/sub/model.safetensors": CONTENT}
        machine("one").fetch(MINE)
        asked = len(hub.asked)
        assert machine("one").presence(MINE) is Presence.HERE
        assert machine("two").presence(MINE) is Presence.STORED
        machine("two").fetch(MINE)
        assert len(hub.asked) == asked
    assert place("two").read_bytes() == CONTENT

    # Weights of another size or sum than those that are published are not taken from a bucket either.
    other: BackendFacts = replace(MINE, weights=(replace(FILE, sha256="0" * 64),))
    with pytest.raises(WeightsDamaged, match="its SHA-256 is"):
        machine("three").bring(other)
    assert not place("three").exists()

    absent = replace(MINE, weights=(replace(FILE, path="absent.bin"),))
    machine("two").bring(absent)  # what is nowhere stays missing
    assert machine("two").presence(absent) is Presence.MISSING
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(WeightsUnreachable):
        machine("two").fetch(absent)


def test_a_folder_is_used_in_place(tmp_path: Path) -> None:
    store = WeightStore(Settings(data_dir=tmp_path, weights_dir=str(tmp_path / "models")))
    assert store.root == tmp_path / "models"
    assert store.presence(MINE) is Presence.MISSING
    assert store.presence(BACKENDS["musicnn-mtt"]) is Presence.BUILT_IN
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "models" / "mine" / "model.safetensors").write_bytes(CONTENT)
    store.bring(MINE)
    assert store.presence(MINE) is Presence.HERE


def test_a_bucket_that_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="SEGUE_WEIGHTS_DIR cannot be 's3://'"):
        WeightStore(Settings(data_dir=tmp_path, weights_dir="s3://"))
