"""A folder for recordings, what the database holds of them, and the S3 server of the storage's tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.jobs.importing import archive
from tests.jobs.importing.archive import Rows
from tests.jobs.storage.conftest import aws_environment, object_server

__all__ = ["aws_environment", "object_server"]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def rows(database_url: str) -> Callable[[str], Rows]:
    return partial(archive.rows, database_url)
