"""A data folder whose server is stopped after the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sql.embedded import stop


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder that does not exist yet."""
    folder = tmp_path / "data"
    others = _zombies()
    yield folder
    stop(folder)
    assert _zombies() <= others


def _zombies() -> set[int]:
    """Children of this process that ended and that nobody has asked about."""
    return {child.pid for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE}
