"""The text towers of this machine, loaded when they are first asked."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain.spaces import BackendFacts
from ml.serving.text_tower import TextTower

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = "text"


def place(weights: Path, facts: BackendFacts) -> Path:
    """Where the text tower of a backend lies: in the folder of its weights."""
    return weights / facts.name / FOLDER


class TextTowers:
    """Encodes texts, one after the other, since a tower takes a core for a tenth of a second: a
    `domain.text_search.TextEncoder`."""

    def __init__(self, weights: Path) -> None:
        """`weights` is the folder of all weights."""
        self._weights = weights
        self._loaded: dict[str, TextTower] = {}
        self._lock = threading.Lock()

    async def encode(self, facts: BackendFacts, text: str) -> NDArray[np.float32]:
        """The vector of a text in a joint space; raises as `TextTower` does."""
        return await asyncio.to_thread(self._encode, facts, text)

    def _encode(self, facts: BackendFacts, text: str) -> NDArray[np.float32]:
        with self._lock:
            tower = self._loaded.get(facts.name)
            if tower is None:
                tower = self._loaded[facts.name] = TextTower(place(self._weights, facts), facts)
            return tower.encode(text)
