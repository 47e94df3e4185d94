"""Putting an object in a process of its own, which is there to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PUT = """
import sys
from pathlib import Path
from domain.settings import Settings
from jobs.storage.location import open_storage
open_storage(Settings()).put(sys.argv[1], Path(sys.argv[2]))
"""


@contextmanager
def putting(environment: Mapping[str, str], key: str, source: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with this environment that puts `source`, killed at the end at the latest."""
    process = subprocess.Popen(
        [sys.executable, "-c", PUT, key, source], env={**os.environ, **environment}, cwd=Path(__file__).parents[3]
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
