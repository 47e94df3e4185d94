"""Fills a folder with what the functions consist of: libraries, our own rooms, and the bytecode of both."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from terraform.package.libraries import PackageUnfit, install, is_needed
from terraform.package.target import MARGIN, UNPACKED_LIMIT_BYTES, Target

ROOMS = ("api", "domain", "jobs", "ml", "sql")
# Where Lambda unpacks the package: tracebacks name files as they are there.
TASK_ROOT = "/var/task"


def gather(target: Target, python: Path, project: Path, folder: Path) -> None:
    """Make `folder` the package's contents. `python` is the target's Python on this machine, for the bytecode. Raises
    PackageUnfit."""
    with tempfile.TemporaryDirectory(prefix="segue-package-") as scratch:
        install(target, project, Path(scratch))
        copy(Path(scratch), folder, is_needed)
    for room in ROOMS:
        copy(project / room, folder / room, lambda path: "__pycache__" not in path.parts)
    compile_all(python, folder)
    check_size(folder)


def copy(source: Path, target: Path, wanted: Callable[[Path], bool]) -> None:
    """Copy the files of a folder of which `wanted(path relative to it)` is true."""
    for file in sorted(source.rglob("*")):
        path = file.relative_to(source)
        if file.is_file() and wanted(path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / path)


def compile_all(python: Path, folder: Path) -> None:
    """Write the bytecode beside its source. It is never checked against the source: the zip's files have no times, and
    to look at each would cost most of what bytecode saves."""
    options = ("-q", "-s", str(folder), "-p", TASK_ROOT, "--invalidation-mode", "unchecked-hash")
    subprocess.run(  # noqa: S603 -- nothing in it comes from outside
        [str(python), "-S", "-m", "compileall", *options, str(folder)],
        check=True,
        # Sets of constants are written in the order of their hashes.
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
    )


def sizes(folder: Path) -> Counter[str]:
    """Bytes by package."""
    found: Counter[str] = Counter()
    for file in folder.rglob("*"):
        if file.is_file():
            first = file.relative_to(folder).parts[0]
            name = "metadata of libraries" if first.endswith(".dist-info") else first.removesuffix(".libs")
            found[name] += file.stat().st_size
    return found


def check_size(folder: Path) -> None:
    """Raises PackageUnfit when it comes too close to what Lambda takes."""
    most, size = round(UNPACKED_LIMIT_BYTES * (1 - MARGIN)), sizes(folder).total()
    if size > most:
        raise PackageUnfit(f"unpacked it takes {size:,} bytes; {most:,} are {MARGIN:.0%} under Lambda's limit")
