"""SHALLOW."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.ml.models.contract import TrainedModelContract


class TestShallow(TrainedModelContract):
    strategy = "SHALLOW"
    settings: ClassVar[dict[str, Any]] = {"dimension": 16, "epochs": 15}


class TestInterests(TestShallow):
    settings: ClassVar[dict[str, Any]] = TestShallow.settings | {"interests": 3}


class TestMargin(TestShallow):
    settings: ClassVar[dict[str, Any]] = TestShallow.settings | {"loss": "margin", "negatives": 50}


class TestSampled(TestShallow):
    settings: ClassVar[dict[str, Any]] = TestShallow.settings | {"loss": "sampled", "negatives": 50, "hidden": 32}
