"""Fills a folder with what the functions consist of: libraries, our own rooms, and the bytecode of both."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from terraform.package.compilers import Compiler
from terraform.package.libraries import PackageUnfit, install, is_needed
from terraform.package.target import MARGIN, UNPACKED_LIMIT_BYTES, Target

ROOMS = ("api", "domain", "jobs", "ml", "sql")


def gather(target: Target, compiler: Compiler, project: Path, folder: Path) -> None:
    """Make `folder` the package's contents. Raises PackageUnfit."""
    with tempfile.TemporaryDirectory(prefix="segue-package-") as scratch:
        install(target, project, Path(scratch))
        copy(Path(scratch), folder, is_needed)
    for room in ROOMS:
        copy(project / room, folder / room, lambda path: "__pycache__" not in path.parts)
    compiler.compile(folder)
    check_size(folder)


def copy(source: Path, target: Path, wanted: Callable[[Path], bool]) -> None:
    """Copy the files of a folder of which `wanted(path relative to it)` is true."""
    for file in sorted(source.rglob("*")):
        path = file.relative_to(source)
        if file.is_file() and wanted(path):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / path)


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
