"""Finding the weights: missing, damaged, and never through TensorFlow."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from domain.errors.machine import WeightsDamaged, WeightsMissing
from ml.backends.musicnn_weights import load_network


@pytest.fixture
def other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed package, found in its place."""
    spec = importlib.util.find_spec("musicnn")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    copy = tmp_path / "musicnn"
    shutil.copytree(spec.submodule_search_locations[0], copy, ignore=shutil.ignore_patterns("*_vgg", "*.meta"))
    monkeypatch.syspath_prepend(tmp_path)
    return copy


def test_shapes_are_those_of_the_paper() -> None:
    network = load_network("MTT_musicnn", "musicnn-mtt")
    assert [layer.kernel.shape for layer in network.front] == [
        (7, 38, 204), (7, 67, 204), (128, 1, 51), (64, 1, 51), (32, 1, 51)
    ]  # fmt: skip
    assert [layer.kernel.shape for layer in network.middle] == [(7, 561, 64), (7, 64, 64), (7, 64, 64)]
    assert network.dense_max.shape == network.dense_mean.shape == (753, 200)
    assert network.tags_kernel.shape == (200, 50)
    assert all(np.isfinite(layer.scale).all() for layer in (*network.front, *network.middle))


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match=r"musicnn-mtt.*not installed.*pip install --no-deps musicnn==0\.1\.0"):
        load_network("MTT_musicnn", "musicnn-mtt")


def test_a_missing_file_is_named(other_package: Path) -> None:
    (other_package / "MTT_musicnn" / ".index").unlink()
    with pytest.raises(WeightsMissing, match=r"MTT_musicnn/\.index' does not exist"):
        load_network("MTT_musicnn", "musicnn-mtt")


@pytest.mark.parametrize("name", [".index", ".data-00000-of-00001"])
def test_one_changed_byte_is_damage(other_package: Path, name: str) -> None:
    path = other_package / "MTT_musicnn" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsDamaged, match=r"not the file of musicnn 0\.1\.0"):
        load_network("MTT_musicnn", "musicnn-mtt")


def test_neither_the_package_nor_heavy_libraries_are_imported() -> None:
    script = (
        "import sys; from ml.backends.registry import load; load('musicnn-mtt')\n"
        "print([name for name in ('musicnn', 'tensorflow', 'librosa', 'torch', 'scipy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
