"""The libraries of the package: what the API needs to answer, as wheels for another machine than this one."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from terraform.package.target import Target

# The runtime brings boto3; a newer one of our own would take 30 MB and a second of every cold start.
UNWANTED = ("boto3", "botocore", "pip", "setuptools", "torch", "librosa", "sqlalchemy", "pytest", "av", "onnx")
# Differ from one installation to the next, or serve those who develop a library.
LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
TEST_FOLDERS = ("tests", "test", "testing_data")
DEVELOPERS_SUFFIXES = {".pyi", ".pyx", ".pxd", ".c", ".h", ".hpp", ".a", ".md"}


class PackageUnfit(Exception):
    """The package would not do, for the reason given."""


def install(target: Target, project: Path, folder: Path) -> None:
    """Unpack the wheels of the project's own dependencies, and of theirs, in the versions of requirements.lock, into an
    empty folder. Raises PackageUnfit for a library that the lock does not know, or that has no place in the package."""
    subprocess.run(  # noqa: S603 -- nothing in it comes from outside
        [
            *(
                sys.executable,
                "-m",
                "pip",
                "install",
                "-qq",
                "--disable-pip-version-check",
                "--no-warn-conflicts",
                "--no-compile",
            ),
            *("--target", str(folder), "--constraint", str(project / "requirements.lock")),
            *("--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}"),
            *(f"--platform={tag}" for tag in target.platforms),
            *dependencies(project),
        ],
        check=True,
    )
    check_versions(folder, project / "requirements.lock")


def dependencies(project: Path) -> list[str]:
    """What pyproject.toml says the API needs."""
    with (project / "pyproject.toml").open("rb") as file:
        found: list[str] = tomllib.load(file)["project"]["dependencies"]
    return found


def check_versions(folder: Path, lock: Path) -> None:
    """Raises PackageUnfit unless each library in `folder` is one of the lock's, in its version, and wanted."""
    locked = dict(line.split("==") for line in lock.read_text().splitlines() if "==" in line)
    known = {_normalized(name): version.split(";")[0].strip() for name, version in locked.items()}
    for about in sorted(folder.glob("*.dist-info")):
        name, version = about.name.removesuffix(".dist-info").rsplit("-", 1)
        if known.get(_normalized(name)) != version:
            raise PackageUnfit(f"'{name}' {version} is not what requirements.lock says; renew it with: make lock")
        if _normalized(name) in UNWANTED:
            raise PackageUnfit(f"'{name}' does not belong into the package")


def is_needed(path: Path) -> bool:
    """Whether an installed file, named relative to its folder, is needed to answer."""
    return not (
        path.parts[0] == "bin"
        or path.name in LEFT_OUT
        or path.suffix in DEVELOPERS_SUFFIXES
        or "__pycache__" in path.parts
        or any(part in TEST_FOLDERS for part in path.parts[1:-1])
    )


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
