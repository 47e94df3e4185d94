"""The contract with the real weights, of each backend that has them in SEGUE_WEIGHTS_DIR; unset, there is none.

SEGUE_WEIGHTS_DIR=/where/they/are pytest tests/ml/backends/test_real_weights.py --timeout=0
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
import torch

from domain.settings import Settings
from domain.spaces import BACKENDS, BackendFacts
from ml.backends.protocol import Backend
from ml.backends.registry import load
from ml.weights import missing
from tests.ml.backends.contract import BackendContract


class OfRealWeights(BackendContract):
    """Not collected by itself: each backend has a class below."""

    long_minutes = 39

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        with mock.patch.dict(BACKENDS, {facts.name: facts}):  # another size of batch
            return load(facts.name, threads=2)

    def test_it_says_what_it_computes_on(self, backend: Backend) -> None:
        on_gpu = torch.cuda.is_available()
        assert backend.device.startswith(f"cuda ({torch.cuda.get_device_name()}" if on_gpu else "cpu")


def why_not(facts: BackendFacts, root: Path) -> str:
    """The reason for which a backend cannot be tried, empty if it can."""
    absent = missing(root, facts)
    if absent:
        return f"'{root / facts.name / absent[0].name}' does not exist"
    if facts.needs_gpu and not torch.cuda.is_available():
        return f"'{facts.name}' needs a GPU"
    return ""


settings = Settings()
if settings.weights_dir:  # else nobody asked for them
    for name, facts in BACKENDS.items():
        if facts.weights:
            reason = why_not(facts, settings.weights_folder)
            made = type(f"Test_{name.replace('-', '_')}", (OfRealWeights,), {"name": name})
            globals()[made.__name__] = pytest.mark.skipif(bool(reason), reason=reason)(made)


def test_a_backend_is_tried_where_its_files_are(tmp_path: Path) -> None:
    facts = replace(BACKENDS["musicfm"], needs_gpu=False)
    assert why_not(facts, tmp_path) == f"'{tmp_path}/musicfm/pretrained_msd.pt' does not exist"
    (tmp_path / "musicfm").mkdir()
    for file in facts.weights:
        (tmp_path / "musicfm" / file.name).touch()
    assert why_not(facts, tmp_path) == ""
