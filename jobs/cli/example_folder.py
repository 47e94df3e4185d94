"""Where `segue up` keeps its example archive, and that real recordings never mix with it."""

from __future__ import annotations

from pathlib import Path

from domain.errors.machine import ExampleInTheWay
from domain.paths import path_to_text


def example_folder(data_dir: Path) -> Path:
    return data_dir / "example-archive"


def holds_example(data_dir: Path) -> bool:
    return example_folder(data_dir).is_dir()


def refuse_mixing(data_dir: Path, recordings: Path) -> None:
    """Raises ExampleInTheWay when `recordings` are none of the example that the data folder holds."""
    example = example_folder(data_dir).resolve()
    path = recordings.resolve()
    if holds_example(data_dir) and example != path and example not in path.parents:
        raise ExampleInTheWay(path=path_to_text(data_dir))
