"""Every backend that has facts can be loaded, and loading is lazy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from domain.errors.machine import BackendNotFound, WeightsMissing
from domain.spaces import BACKENDS
from ml.backends.registry import MODULES, load
from ml.weights import address


def test_every_backend_has_a_module() -> None:
    assert set(MODULES) == set(BACKENDS)


@pytest.mark.parametrize("name", [name for name, facts in BACKENDS.items() if not facts.weights])
def test_a_backend_is_what_its_facts_say(name: str) -> None:
    assert load(name).facts == BACKENDS[name]


@pytest.mark.parametrize("name", [name for name, facts in BACKENDS.items() if facts.weights])
def test_a_backend_without_its_weights_says_where_they_belong(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # one that needs a GPU comes to its weights
    with pytest.raises(WeightsMissing) as caught:
        load(name, weights=tmp_path)
    first = BACKENDS[name].weights[0]
    assert f"'{tmp_path}/{name}/{first.name}' does not exist" in str(caught.value)
    assert f"segue weights fetch {name}, or put {address(first)} there" in str(caught.value)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(BackendNotFound, match=r"no audio backend 'musicnn'\. There are: musicnn-mtt, musicnn-msd"):
        load("musicnn")


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    script = "import sys; import ml.backends.registry; print('onnxruntime' in sys.modules, 'onnx' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
