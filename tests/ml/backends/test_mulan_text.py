"""MuQ-MuLan's text tower, as torch and as what the API runs: the vectors of its own package."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch

from domain.errors.machine import ExtraMissing, WeightsDamaged, WeightsMissing
from domain.errors.texts import TextTowerDamaged, TextTowerMissing
from domain.spaces import BACKENDS
from ml.backends import mulan_text
from ml.serving.text_tower import DESCRIPTION, NETWORK, PIECES, TOKENIZER, TextTower
from ml.serving.text_towers import TextTowers, place
from tests.golden.small_muq import TEXTS, small_tokenizer
from tests.ml.backends.test_muq import Arrays, read_golden
from tests.ml.backends.test_muq_mulan import FACTS, write


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read_golden()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All weights, with a small MuQ-MuLan and its exported text tower among them."""
    root = tmp_path_factory.mktemp("weights")
    (root / "muq-mulan").mkdir()
    write(root / "muq-mulan")
    with mock.patch.dict(BACKENDS, {"muq-mulan": FACTS}):
        mulan_text.export(root, FACTS, place(root, FACTS))
        yield root


def test_torch_gives_the_vectors_of_its_package(golden: Arrays, weights: Path) -> None:
    network, pieces = mulan_text.load(weights / "muq-mulan", FACTS)
    for text, expected in zip(TEXTS, golden["mulan/texts"], strict=True):
        ids = small_tokenizer().encode(text).ids
        with torch.inference_mode():
            np.testing.assert_allclose(network(pieces[ids][None])[0].numpy(), expected, atol=1e-5)


@pytest.mark.anyio
async def test_what_the_api_runs_gives_the_vectors_of_its_package(golden: Arrays, weights: Path) -> None:
    towers = TextTowers(weights)
    for text, expected in zip(TEXTS, golden["mulan/texts"], strict=True):
        vector = await towers.encode(FACTS, text)
        assert (vector.dtype, vector.shape) == (np.float32, (12,))
        np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_a_long_text_is_cut_off(weights: Path) -> None:
    # The small network has places for 64 pieces, two of which are beginning and end.
    with mock.patch("ml.serving.text_tower.MOST_PIECES", 64):
        tower = TextTower(place(weights, FACTS), FACTS)
    np.testing.assert_array_equal(tower.encode("cello " * 200), tower.encode("cello " * 62))


def test_exporting_again_replaces_what_is_there(weights: Path) -> None:
    folder = place(weights, FACTS)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.keys() == {DESCRIPTION, NETWORK, PIECES, TOKENIZER}
    (folder / NETWORK).write_bytes(b"")
    mulan_text.export(weights, FACTS, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_without_a_tower_the_remedy_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TextTowerMissing, match="segue weights export-text muq-mulan"):
        TextTower(place(tmp_path, FACTS), FACTS)
    # Where it belongs is nobody's business but the operator's.
    assert caplog.messages == [f"There is no text tower of 'muq-mulan' in '{tmp_path}/muq-mulan/text'"]


def test_without_weights_nothing_is_exported(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        mulan_text.export(tmp_path, FACTS, place(tmp_path, FACTS))
    assert list(tmp_path.iterdir()) == []


def test_a_tower_of_other_weights_is_refused(weights: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TextTowerDamaged):
        TextTower(place(weights, FACTS), replace(FACTS, revision="newer"))
    assert "it belongs to 'MuQ-MuLan-large-2e01c796-1' instead of 'newer'" in caplog.text


@pytest.mark.parametrize("name", [DESCRIPTION, NETWORK, PIECES, TOKENIZER])
def test_a_damaged_file_is_told(weights: Path, tmp_path: Path, name: str) -> None:
    for path in place(weights, FACTS).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes()[:100] if path.name == name else path.read_bytes())
    with pytest.raises(TextTowerDamaged, match=r"(?s)cannot be used.*export-text muq-mulan"):
        TextTower(tmp_path, FACTS)


def test_another_text_network_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    settings = json.loads((tmp_path / "xlm-roberta.json").read_text())
    (tmp_path / "xlm-roberta.json").write_text(json.dumps(settings | {"num_hidden_layers": 3}))
    with pytest.raises(WeightsDamaged, match=r"'encoder\.layer\.2\.attention"):
        mulan_text.load(tmp_path, FACTS)


def test_without_the_tokenizers_library_the_extra_is_named(weights: Path) -> None:
    with mock.patch.dict(sys.modules, {"tokenizers": None}), pytest.raises(ExtraMissing, match=r"\[text\]"):
        TextTower(place(weights, FACTS), FACTS)


def test_what_the_api_runs_loads_neither_torch_nor_transformers(weights: Path) -> None:
    script = f"""
import dataclasses, sys
from pathlib import Path
from domain.spaces import BACKENDS
from ml.serving.text_tower import TextTower
facts = dataclasses.replace(BACKENDS["muq-mulan"], dimension=12)
print(TextTower(Path({str(place(weights, FACTS))!r}), facts).encode("brass").shape)
print([name for name in ("torch", "transformers", "huggingface_hub") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["(12,)", "[]"]
