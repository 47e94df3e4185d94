"""HYBRID, both variants."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.ml.models.contract import TrainedModelContract


class TestLinear(TrainedModelContract):
    strategy = "HYBRID"
    settings: ClassVar[dict[str, Any]] = {"dimension": 32, "epochs": 40}


class TestAttention(TrainedModelContract):
    strategy = "HYBRID"
    settings: ClassVar[dict[str, Any]] = {"variant": "attention", "dimension": 16, "epochs": 20}
