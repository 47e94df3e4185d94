"""Artefacts, and what ONNX Runtime makes of them, without torch."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.errors.artefacts import ArtefactDamaged, ArtefactMissing
from ml.models.onnx_export import export_encoder, export_tower
from ml.serving import artefact as artefacts
from ml.serving.artefact import Artefact, ModelFacts
from ml.serving.encoder import OnnxQueryEncoder
from ml.serving.item_tower import OnnxItemTower
from tests.ml.serving.modules import MeanEncoder, SumTower, TableTower

FACTS = ModelFacts(strategy="SHALLOW", dimension=3, content_dimension=5)
KNOWN = np.array([40, 7, 12])
LEARNED = np.array([[0, 4, 0], [7, 0, 0], [0, 0, 12]], dtype=np.float32)


def parts(folder: Path, facts: ModelFacts = FACTS) -> Path:
    tower = SumTower(3) if facts.content_dimension else TableTower()
    encoder = export_encoder(MeanEncoder(), 3)
    artefacts.write_parts(folder, facts, encoder, export_tower(tower, facts.content_dimension, 3), KNOWN, LEARNED)
    return folder


def made(folder: Path, facts: ModelFacts = FACTS) -> Artefact:
    return artefacts.load(folder, artefacts.store(parts(folder / "parts", facts), folder))


def vectors(*rows: tuple[float, float, float]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32).reshape(len(rows), 3)


def weights(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def test_a_model_is_one_file_named_by_its_sha256_and_the_same_model_the_same_file(tmp_path: Path) -> None:
    first = artefacts.store(parts(tmp_path / "a"), tmp_path / "models")
    again = artefacts.store(parts(tmp_path / "b"), tmp_path / "models")
    assert first == again
    (file,) = (tmp_path / "models").iterdir()
    assert file.name == f"{first}.model"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == first


def test_what_went_in_comes_out_with_the_items_in_ascending_order(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert found.facts == FACTS
    assert found.items.tolist() == [7, 12, 40]
    np.testing.assert_array_equal(found.learned, [[7, 0, 0], [0, 0, 12], [0, 4, 0]])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArtefactMissing, match="does not exist"):
        artefacts.load(tmp_path, "0" * 64)


def test_a_file_with_one_byte_changed_is_refused(tmp_path: Path) -> None:
    sha256 = artefacts.store(parts(tmp_path / "parts"), tmp_path)
    file = artefacts.place(tmp_path, sha256)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(ArtefactDamaged, match="its SHA-256 is"):
        artefacts.load(tmp_path, sha256)


def refused(data: bytes) -> str:
    with pytest.raises(ArtefactDamaged) as caught:
        artefacts.read(data, hashlib.sha256(data).hexdigest())
    return str(caught.value)


def test_files_that_are_no_artefact_are_refused(tmp_path: Path) -> None:
    assert "not a zip file" in refused(b"not a zip file at all")
    folder = parts(tmp_path)
    squeezed = io.BytesIO()
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in artefacts.FILES:
            archive.write(folder / name, name)
    assert "uncompressed" in refused(squeezed.getvalue())
    (folder / "model.json").write_text('{"format": 2}')
    assert "format 1" in refused(artefacts.packed(folder))
    (folder / "model.json").write_text(FACTS.printed().replace('"dimension": 3', '"dimension": -3'))
    assert "positive" in refused(artefacts.packed(folder))
    (folder / "model.json").write_text(FACTS.printed().replace('"dimension": 3', '"dimension": 4'))
    assert "do not fit" in refused(artefacts.packed(folder))


def test_nothing_in_an_artefact_is_executed(tmp_path: Path) -> None:
    folder = parts(tmp_path)
    # An array of objects is stored as a pickle, which may run anything.
    np.savez(folder / "items.npz", items=np.array([print], dtype=object), learned=LEARNED)
    assert "pickle" in refused(artefacts.packed(folder))


def test_a_graph_that_onnx_runtime_cannot_read_is_a_damaged_artefact(tmp_path: Path) -> None:
    folder = parts(tmp_path)
    (folder / "query_encoder.onnx").write_bytes(b"no graph")
    data = artefacts.packed(folder)
    found = artefacts.read(data, hashlib.sha256(data).hexdigest())
    with pytest.raises(ArtefactDamaged):
        OnnxQueryEncoder(found)


def test_encoding_weighs_the_items(tmp_path: Path) -> None:
    encoder = OnnxQueryEncoder(made(tmp_path))
    query = encoder.encode(vectors((1, 0, 0), (0, 1, 0), (0, 0, 1)), weights(3, 4, 0))
    np.testing.assert_allclose(query, [[3 / 5, 4 / 5, 0]], atol=1e-6)


def test_an_empty_history_has_no_query(tmp_path: Path) -> None:
    encoder = OnnxQueryEncoder(made(tmp_path))
    assert encoder.encode(vectors(), weights()).shape == (0, 3)
    assert encoder.encode(vectors((1, 0, 0)), weights(0)).shape == (0, 3)


def test_only_the_newest_items_are_encoded(tmp_path: Path) -> None:
    facts = ModelFacts(strategy="SHALLOW", dimension=3, content_dimension=5, max_history=2)
    encoder = OnnxQueryEncoder(made(tmp_path, facts))
    history = vectors((1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1))
    # The newest two that count are the second and the fourth.
    np.testing.assert_allclose(encoder.encode(history, weights(1, 4, 0, 3)), [[0, 4 / 5, 3 / 5]], atol=1e-6)


def test_each_interest_is_a_query_the_weightiest_first(tmp_path: Path) -> None:
    facts = ModelFacts(strategy="SHALLOW", dimension=3, content_dimension=5, interests=2)
    encoder = OnnxQueryEncoder(made(tmp_path, facts))
    queries = encoder.encode(vectors((1, 0, 0), (0, 1, 0), (0, 0.8, 0.6)), weights(1, 1, 1))
    # (0, 1, 0) + (0, .8, .6) = (0, 1.8, .6), of length √3.6
    np.testing.assert_allclose(queries, [[0, 1.8 / 3.6**0.5, 0.6 / 3.6**0.5], [1, 0, 0]], atol=1e-6)


def test_the_tower_adds_what_was_learned_of_an_item_to_its_content(tmp_path: Path) -> None:
    tower = OnnxItemTower(made(tmp_path))
    content = np.array([[3, 4, 0, 9, 9], [0, 0, 5, 9, 9]], dtype=np.float32)
    # 99 is cold: its content alone. 12 has learned (0, 0, 12).
    np.testing.assert_allclose(tower.vectors(content, np.array([99, 12])), [[0.6, 0.8, 0], [0, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(
        tower.vectors(content[:1], np.array([12])), [[3 / 13, 4 / 13, 12 / 13]], atol=1e-6
    )  # √(3² + 4² + 12²) = 13


def test_a_tower_of_any_number_of_items(tmp_path: Path) -> None:
    tower = OnnxItemTower(made(tmp_path))
    assert tower.vectors(np.empty((0, 5), dtype=np.float32), np.empty(0, dtype=np.int64)).shape == (0, 3)
    content = np.tile(np.array([[0, 2, 0, 0, 0]], dtype=np.float32), (2500, 1))
    np.testing.assert_allclose(tower.vectors(content, np.arange(100, 2600)), np.tile([[0, 1, 0]], (2500, 1)))


def test_without_content_an_unknown_item_has_no_vector(tmp_path: Path) -> None:
    tower = OnnxItemTower(made(tmp_path, ModelFacts(strategy="COLLABORATIVE", dimension=3, content_dimension=None)))
    np.testing.assert_array_equal(tower.vectors(None, np.array([40, 8, 7])), [[0, 1, 0], [0, 0, 0], [1, 0, 0]])


def test_serving_never_loads_torch() -> None:
    program = (
        "import sys, ml.serving.encoder, ml.serving.item_tower, ml.serving.artefact;"
        "print(sorted({'torch', 'onnx', 'scipy', 'librosa'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
