"""Parts of an evaluation: what one step found, kept so that no run works it out again."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from domain.experiments import Figure
from jobs.evaluation.versions import versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Goes up when a step's meaning changes, so that parts of an earlier version are worked out again.
VERSION = 4
FOLDER = "evaluation/parts"
FIGURES = "figures"


@dataclass(frozen=True)
class Part:
    """What a step found: `figures`, and the `arrays` behind them that others compare. `seconds` is how long it took,
    `about` what else it says, as JSON."""

    figures: list[Figure]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # Any: of numbers
    about: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    seconds: float = 0.0


class PartStore:
    """Parts as files of a folder, by the hash of all that they depend on."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def read(self, key: str) -> Part | None:
        """None where it was not kept, or is damaged."""
        try:
            with self._path(key).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                told = orjson.loads(stored[FIGURES].tobytes())
                arrays = {name: stored[name] for name in stored.files if name != FIGURES}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        return Part([Figure(**figure) for figure in told["figures"]], arrays, told["about"], told["seconds"])

    def write(self, key: str, part: Part) -> None:
        """Whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        told = {
            "figures": [asdict(figure) for figure in part.figures],
            "about": dict(part.about),
            "seconds": part.seconds,
        }
        arrays = {FIGURES: np.frombuffer(orjson.dumps(told), np.uint8), **part.arrays}
        partial = self._folder / f".{key}.{os.getpid()}.partial"
        with partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        partial.replace(self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.npz"


def key_of(name: str, about: Mapping[str, Any]) -> str:  # Any: JSON
    """The hash of a step's name and all that its result depends on, the programs included, hex."""
    every = [VERSION, versions(), name, about]
    return hashlib.sha256(orjson.dumps(every, option=orjson.OPT_SORT_KEYS)).hexdigest()
