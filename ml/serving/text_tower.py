"""The text tower of a joint space at request time: ONNX Runtime on one core, a tokenizer, and never torch.

Four files that `ml.backends.mulan_text.export` writes: `tower.json` says what they belong to, `tokenizer.json` takes
texts apart, `pieces.npy` holds the vectors of all pieces (vocabulary, width) and is mapped rather than read, since a
text looks at a few of its 250,000 rows, and `tower.onnx` makes one vector of those of a text.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain.errors.machine import ExtraMissing
from domain.errors.texts import TextTowerDamaged, TextTowerMissing
from domain.spaces import BackendFacts
from ml.serving.session import open_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

FORMAT = 1
DESCRIPTION, TOKENIZER, PIECES, NETWORK = "tower.json", "tokenizer.json", "pieces.npy", "tower.onnx"
FILES = (TOKENIZER, PIECES, NETWORK)
# What the tower of MuQ-MuLan has places for.
MOST_PIECES = 512


class TextTower:
    """A text tower, loaded. Several threads may ask at once."""

    def __init__(self, folder: Path, facts: BackendFacts) -> None:
        """Raises TextTowerMissing, TextTowerDamaged, and ExtraMissing without the tokenizers' library."""
        try:
            from tokenizers import Tokenizer
        except ModuleNotFoundError:
            raise ExtraMissing(feature="Searching by text", extra="text") from None
        if not (folder / DESCRIPTION).is_file():
            log.warning("There is no text tower of '%s' in '%s'", facts.name, folder)
            raise TextTowerMissing(name=facts.name)
        try:
            described = json.loads((folder / DESCRIPTION).read_text())
            made_by = (described["format"], described["revision"], described["dimension"])
            if made_by != (FORMAT, facts.revision, facts.dimension):
                raise ValueError(f"it belongs to '{described['revision']}' instead of '{facts.revision}'")
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._tokenizer.enable_truncation(MOST_PIECES)
            self._pieces = np.load(folder / PIECES, mmap_mode="r", allow_pickle=False)  # (vocabulary, width)
            self._session = open_session((folder / NETWORK).read_bytes(), str(folder / NETWORK))
        except Exception as error:  # a tokenizer's errors have no class in common with the others
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            log.error("The text tower of '%s' in '%s' cannot be used: %s", facts.name, folder, reason)
            raise TextTowerDamaged(name=facts.name) from error

    def encode(self, text: str) -> NDArray[np.float32]:
        """The vector (dimension,) of a text, of unit length."""
        ids = self._tokenizer.encode(text).ids
        pieces = np.asarray(self._pieces[ids], dtype=np.float32)[None]  # (1, pieces, width)
        vector: NDArray[np.float32] = self._session.run(["vector"], {"pieces": pieces})[0][0]
        return vector
