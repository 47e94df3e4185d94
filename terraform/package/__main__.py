"""Makes the Lambda packages.

    python -m terraform.package [--architecture arm64 x86_64] [--python python3.13] [--to build]

For each architecture `segue-lambda-<architecture>.zip`, and beside it a `.json` that says what it is: runtime,
architecture, SHA-256, bytes packed and unpacked, and whether Lambda has a runtime that can load it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from terraform.package.archive import write_zip
from terraform.package.contents import gather, sizes
from terraform.package.libraries import PackageUnfit
from terraform.package.target import MACHINES, RUNTIMES, Target

PROJECT = Path(__file__).parents[2]
SHOWN = 12
MEGA = 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", nargs="+", choices=tuple(MACHINES), default=list(MACHINES))
    parser.add_argument("--python", type=Path, default=None, help="the Python that Lambda shall run")
    parser.add_argument("--to", type=Path, default=PROJECT / "build")
    arguments = parser.parse_args()
    python = arguments.python or newest_python()
    arguments.to.mkdir(parents=True, exist_ok=True)
    try:
        for architecture in arguments.architecture:
            target = Target(architecture, MACHINES[architecture], version_of(python))
            say(json.dumps(build(target, python, PROJECT, arguments.to)))
    except PackageUnfit as error:
        say(f"No package: {error}")
        return 1
    if not target.is_deployable:
        say(
            f"Python {target.python} made these packages. Lambda's runtime of it is too old for their libraries: they"
            f" can be tried here, not deployed. That takes Python {' or '.join(RUNTIMES)}:"
            " make package LAMBDA_PYTHON=/path/to/it"
        )
    return 0


def build(target: Target, python: Path, project: Path, to: Path) -> dict[str, object]:
    """Write one package and what it is; returns the latter. Raises PackageUnfit."""
    with tempfile.TemporaryDirectory(prefix="segue-package-") as name:
        folder = Path(name)
        gather(target, python, project, folder)
        by_package = sizes(folder)
        archive = to / f"segue-lambda-{target.architecture}.zip"
        sha256 = write_zip(folder, archive)
    about: dict[str, object] = {
        "runtime": target.runtime,
        "architecture": target.architecture,
        "sha256": sha256,
        "zip_bytes": archive.stat().st_size,
        "unpacked_bytes": by_package.total(),
        "deployable": target.is_deployable,
    }
    archive.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")
    say(f"{archive.name}, megabytes unpacked:")
    rest = by_package.total()
    for package, size in by_package.most_common(SHOWN):
        rest -= size
        say(f"  {size / MEGA:7.1f}  {package}")
    say(f"  {rest / MEGA:7.1f}  {len(by_package) - SHOWN} others")
    return about


def newest_python() -> Path:
    """A Python that Lambda can run the package with, if there is one on this machine; else the one that runs this."""
    found = [shutil.which(f"python{version}") for version in reversed(RUNTIMES)]
    return Path(next((path for path in found if path), sys.executable))


def version_of(python: Path) -> str:
    """Such as "3.13"."""
    asked = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 -- the caller's


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
