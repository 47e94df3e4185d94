"""A trained model as one file, named by its SHA-256.

A zip archive of four files, stored without compression and with no time of its own, so that the same model is the same
file: `model.json`, `query_encoder.onnx`, `item_tower.onnx` and `items.npz`. Nothing in it is executed when it is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from domain.errors.artefacts import ArtefactDamaged, ArtefactMissing

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
FACTS, ENCODER, TOWER, ITEMS = FILES = ("model.json", "query_encoder.onnx", "item_tower.onnx", "items.npz")
SUFFIX = ".model"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What serving must know of a model; `model.json` holds it."""

    strategy: str  # a StrategyName
    dimension: int  # of the model's own space
    content_dimension: int | None  # of the audio space that it reads; None: it knows learned items only
    interests: int = 1  # the most that a history is divided into; each becomes a query
    max_history: int = 500  # the newest so many items of a history are encoded
    variant: str | None = None  # where a strategy has several

    @classmethod
    def parse(cls, text: bytes) -> ModelFacts:
        """Raises ValueError or TypeError for what is no such description."""
        values = json.loads(text)
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise ValueError(f"it is not of format {FORMAT}")
        facts = cls(**values)
        whole = (facts.dimension, facts.interests, facts.max_history, facts.content_dimension or 1)
        if not all(isinstance(number, int) and number > 0 for number in whole):
            raise ValueError("a size in it is not a positive whole number")
        return facts

    def printed(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model file, read. `items` (known,) are the ids of the items with a learned part, ascending, `learned`
    (known, dimension) are those parts."""

    sha256: str
    facts: ModelFacts
    encoder: bytes
    tower: bytes
    items: NDArray[np.int64]
    learned: NDArray[np.float32]


def write_parts(
    folder: Path,
    facts: ModelFacts,
    encoder: bytes,
    tower: bytes,
    items: NDArray[np.int64],
    learned: NDArray[np.float32],
) -> None:
    """The four files of a model, into a folder; `items` in any order."""
    order = np.argsort(items, kind="stable")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FACTS).write_text(facts.printed())
    (folder / ENCODER).write_bytes(encoder)
    (folder / TOWER).write_bytes(tower)
    np.savez(folder / ITEMS, items=items[order].astype(np.int64), learned=learned[order].astype(np.float32))


def packed(folder: Path) -> bytes:
    """The artefact of the four files in a folder; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in FILES:
            entry = zipfile.ZipInfo(name)  # dated 1980, the earliest that a zip archive can say
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (folder / name).read_bytes())
    return buffer.getvalue()


def store(folder: Path, into: Path) -> str:
    """Packs the four files of a folder into an artefact in another; returns its SHA-256 (hex), which names it there.

    It is there whole or not at all, whenever the process ends.
    """
    data = packed(folder)
    sha256 = hashlib.sha256(data).hexdigest()
    into.mkdir(parents=True, exist_ok=True)
    partial = into / f".{sha256}.{os.getpid()}"
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(place(into, sha256))
    return sha256


def place(folder: Path, sha256: str) -> Path:
    """Where the artefact of that SHA-256 (hex) lies."""
    return folder / f"{sha256}{SUFFIX}"


def load(folder: Path, sha256: str) -> Artefact:
    """The artefact of that SHA-256 (hex). Raises ArtefactMissing, ArtefactDamaged."""
    path = place(folder, sha256)
    try:
        return read(path.read_bytes(), sha256)
    except FileNotFoundError:
        raise ArtefactMissing(path=path) from None


def read(data: bytes, sha256: str) -> Artefact:
    """The artefact in `data`, which must have that SHA-256 (hex). Raises ArtefactDamaged."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ArtefactDamaged(name=sha256, reason=f"its SHA-256 is {found}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if sorted(entries) != sorted(FILES) or any(entry.compress_type for entry in entries.values()):
                raise ValueError(f"it does not hold just {', '.join(FILES)}, uncompressed")
            parts = {name: archive.read(name) for name in FILES}
        facts = ModelFacts.parse(parts[FACTS])
        with np.load(io.BytesIO(parts[ITEMS]), allow_pickle=False) as arrays:
            items, learned = arrays["items"], arrays["learned"]
        if items.dtype != np.int64 or learned.dtype != np.float32 or learned.shape != (len(items), facts.dimension):
            raise ValueError("its items do not fit its description")
        if not (np.diff(items) > 0).all():
            raise ValueError("its items are not in ascending order")
    except (ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ArtefactDamaged(name=sha256, reason=str(error)) from error
    return Artefact(sha256, facts, parts[ENCODER], parts[TOWER], items, learned)
