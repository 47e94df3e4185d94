"""Every backend that has facts can be loaded, and loading is lazy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from domain.errors.machine import BackendNotFound
from domain.spaces import BACKENDS
from ml.backends.registry import MODULES, load


def test_every_backend_has_a_module() -> None:
    assert set(MODULES) == set(BACKENDS)


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_is_what_its_facts_say(name: str) -> None:
    assert load(name).facts == BACKENDS[name]


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(BackendNotFound, match=r"no audio backend 'musicnn'\. There are: musicnn-mtt, musicnn-msd"):
        load("musicnn")


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    script = "import sys; import ml.backends.registry; print('onnxruntime' in sys.modules, 'onnx' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
