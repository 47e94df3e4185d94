"""What makes bytecode for the Python that Lambda runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from terraform.package.target import RUNTIMES

# Where Lambda unpacks the package: tracebacks name files as they are there.
TASK_ROOT = "/var/task"


class Compiler(NamedTuple):
    """A Python of this machine, `python` being its version, such as "3.13"."""

    python: str
    path: Path

    def compile(self, folder: Path) -> None:
        """Write the bytecode beside each source. It is never checked against the source: the zip's files have no times,
        and to look at each would cost most of what bytecode saves."""
        options = ("-q", "-s", str(folder), "-p", TASK_ROOT, "--invalidation-mode", "unchecked-hash")
        subprocess.run(  # noqa: S603 -- nothing in it comes from outside
            [str(self.path), "-S", "-m", "compileall", *options, str(folder)],
            check=True,
            # Sets of constants are written in the order of their hashes.
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        )


def native(path: Path) -> Compiler:
    """Raises OSError or CalledProcessError for what is no Python."""
    asked = [str(path), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 -- the caller's
    return Compiler(version, path)


def best() -> Compiler:
    """One for a Python that Lambda can run the package with, if there is one here; else for the one that runs this."""
    for version in reversed(RUNTIMES):
        for python in _installed(version):
            # What a version manager puts into the path may lead nowhere.
            with suppress(OSError, subprocess.CalledProcessError):
                return native(python)
    return native(Path(sys.executable))


def _installed(version: str) -> Iterator[Path]:
    """Pythons of a version: in the path, then those that pyenv keeps, the newest first."""
    found = shutil.which(f"python{version}")
    if found:
        yield Path(found)
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(kept.glob(f"{version}.*/bin/python{version}"), reverse=True)
