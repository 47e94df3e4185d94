"""CONTRASTIVE."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.ml.models.contract import TrainedModelContract


class TestContrastive(TrainedModelContract):
    strategy = "CONTRASTIVE"
    settings: ClassVar[dict[str, Any]] = {"dimension": 16, "epochs": 15}
