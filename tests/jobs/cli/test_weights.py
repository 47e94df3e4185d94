"""`segue weights` as a process: what there is, under which licence, and what is said offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.spaces import BACKENDS
from tests.jobs.cli.command import segue

OFFLINE = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_DISABLE_TELEMETRY": "1"}  # nothing listens there


@pytest.fixture(autouse=True)
def wide_and_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)


def test_every_model_is_listed_with_its_terms_its_size_and_its_place(tmp_path: Path) -> None:
    ran = segue("weights", "list", data_dir=tmp_path, weights_dir=tmp_path / "weights")
    assert ran.code == 0
    lines = {line.split()[0]: line for line in ran.out if line.split() and line.split()[0] in BACKENDS}
    assert set(lines) == set(BACKENDS)
    muq = lines["muq"]
    assert "CC-BY-NC-4.0" in muq
    assert " no " in muq
    assert "1.3 GB" in muq  # 1,333,825,096 bytes and a configuration
    assert "missing" in muq
    assert muq.rstrip().endswith(f"{tmp_path}/weights/muq")
    assert " yes " in lines["musicnn-mtt"]
    assert "built in" in lines["musicnn-mtt"]


@pytest.mark.parametrize("name", ["mert-330m", "muq-mulan"])
def test_offline_the_address_and_the_place_are_told(tmp_path: Path, name: str) -> None:
    ran = segue("weights", "fetch", name, data_dir=tmp_path, weights_dir=tmp_path / "weights")
    first = BACKENDS[name].weights[0]
    said = " ".join(ran.err)
    assert ran.code == 1
    assert "CC-BY-NC-4.0, no commercial use" in ran.out[0]
    assert f"http://127.0.0.1:9/{first.repository}/resolve/{first.revision}/{first.path}" in said  # type: ignore[union-attr]  # it is a file of the hub
    assert f"Put that file by hand at {tmp_path}/weights/{name}/{first.name}" in said


def test_a_text_tower_needs_a_space_with_text_and_its_weights(tmp_path: Path) -> None:
    ran = segue("weights", "export-text", "muq", data_dir=tmp_path)
    assert (ran.code, ran.err) == (
        1,
        ["segue: Space 'muq' knows music only: no text has a place in it. Those that know texts: muq-mulan."],
    )
    ran = segue("weights", "export-text", "muq-mulan", data_dir=tmp_path)
    assert ran.code == 1
    assert "segue weights fetch muq-mulan" in " ".join(ran.err)
