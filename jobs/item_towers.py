"""The item towers of trained models, fetched from the object storage and kept at hand."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock

from domain.errors.artefacts import ArtefactMissing
from domain.errors.storage import ObjectNotFound
from jobs.storage.keys import artefact_key
from jobs.storage.protocol import Storage
from ml.serving.artefact import Artefact, read
from ml.serving.item_tower import OnnxItemTower

AT_HAND = 8


def fetch_artefact(storage: Storage, sha256: str) -> Artefact:
    """The model file of that SHA-256 (hex). Raises ArtefactMissing, ArtefactDamaged, and what the storage raises."""
    key = artefact_key(sha256)
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        file = Path(folder, sha256)
        try:
            storage.fetch(key, file)
        except ObjectNotFound as error:
            raise ArtefactMissing(path=key) from error
        return read(file.read_bytes(), sha256)


class ItemTowers:
    """Item towers by the SHA-256 of their models' files. Safe to share between threads."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = Lock()
        self._at_hand: OrderedDict[str, OnnxItemTower] = OrderedDict()

    def of(self, sha256: str) -> OnnxItemTower:
        """Raises as `fetch_artefact` does."""
        with self._lock:
            tower = self._at_hand.pop(sha256, None) or OnnxItemTower(fetch_artefact(self._storage, sha256))
            self._at_hand[sha256] = tower
            if len(self._at_hand) > AT_HAND:
                self._at_hand.popitem(last=False)
            return tower
