"""Makes the Lambda packages.

    python -m terraform.package [--architecture arm64 x86_64] [--python python3.13] [--to build]

For each architecture `segue-lambda-<architecture>.zip`, and beside it a `.json` that says what it is: runtime,
architecture, SHA-256, bytes packed and unpacked, and whether Lambda has a runtime that can load it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from terraform.package.archive import write_zip
from terraform.package.compilers import Compiler, best, native
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
    compiler = native(arguments.python) if arguments.python else best()
    arguments.to.mkdir(parents=True, exist_ok=True)
    try:
        for architecture in arguments.architecture:
            target = Target(architecture, MACHINES[architecture], compiler.python)
            say(json.dumps(build(target, compiler, PROJECT, arguments.to)))
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


def build(target: Target, compiler: Compiler, project: Path, to: Path) -> dict[str, object]:
    """Write one package and what it is; returns the latter. Raises PackageUnfit."""
    with tempfile.TemporaryDirectory(prefix="segue-package-") as name:
        folder = Path(name)
        gather(target, compiler, project, folder)
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
    if len(by_package) > SHOWN:
        say(f"  {rest / MEGA:7.1f}  {len(by_package) - SHOWN} others")
    return about


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
