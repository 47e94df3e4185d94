"""Which programs the figures of an evaluation come from."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("segue", "numpy", "scipy", "torch", "librosa", "onnxruntime")


@cache
def versions() -> dict[str, str]:
    """By name; those that are not installed are left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
