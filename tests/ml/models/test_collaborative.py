"""COLLABORATIVE."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.ml.models.contract import TrainedModelContract


class TestCollaborative(TrainedModelContract):
    strategy = "COLLABORATIVE"
    settings: ClassVar[dict[str, Any]] = {"dimension": 32, "epochs": 40}
    reads_content = False
