"""Where the weights of the backends lie on this machine, and whether they are what they should be."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from domain.errors.machine import WeightsDamaged, WeightsMissing
from domain.spaces import BackendFacts, HubFile, WeightFile, base_name

HUB = "https://huggingface.co"
# What is known of the files in a backend's folder since they were fetched.
ORIGINS = "origins.json"


def folder(root: Path, facts: BackendFacts) -> Path:
    """The folder of one backend's files; layers share it."""
    return root / base_name(facts.name)


def place(root: Path, facts: BackendFacts, file: WeightFile) -> Path:
    """Where a file of a backend is expected."""
    return folder(root, facts) / file.name


def address(file: WeightFile) -> str:
    """Where a file is fetched from. HF_ENDPOINT names another hub, as for the hub's own library."""
    if not isinstance(file, HubFile):
        return file.url
    hub = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    return f"{hub}/{file.repository}/resolve/{file.revision}/{file.path}"


def missing(root: Path, facts: BackendFacts) -> list[WeightFile]:
    """The files of a backend that are not there."""
    return [file for file in facts.weights if not place(root, facts, file).is_file()]


def require(root: Path, facts: BackendFacts) -> Path:
    """The folder with a backend's weights, all there and unharmed.

    A file is compared with its published SHA-256, or else with the one that it had when it was fetched; of one that
    somebody put there by hand only size and name can be known. Raises WeightsMissing with the address of the first
    that is not there, WeightsDamaged.
    """
    for file in missing(root, facts):
        raise WeightsMissing(
            backend=facts.name,
            looked=f"'{place(root, facts, file)}' does not exist",
            remedy=f"Fetch them with: segue weights fetch {base_name(facts.name)}, or put {address(file)} there",
        )
    fetched = origins(folder(root, facts))
    for file in facts.weights:
        check(place(root, facts, file), file, file.sha256 or fetched.get(file.name, {}).get("sha256"))
    return folder(root, facts)


def check(path: Path, file: WeightFile, sha256: str | None) -> None:
    """Raises WeightsDamaged unless a file has the size and SHA-256 (hex) that it should have, as far as known."""
    found = path.stat().st_size
    if file.size is not None and found != file.size:
        raise WeightsDamaged(path=path, reason=f"it has {found:,} bytes instead of {file.size:,}")
    if sha256 is not None and (digest := file_digest(path)) != sha256:
        raise WeightsDamaged(path=path, reason=f"its SHA-256 is {digest} instead of {sha256}")


def origins(of_folder: Path) -> dict[str, dict[str, str]]:
    """What is known of the fetched files in a backend's folder, by name: `address` and `sha256`."""
    try:
        found: dict[str, dict[str, str]] = json.loads((of_folder / ORIGINS).read_text())
    except FileNotFoundError:
        return {}
    return found


def file_digest(path: Path) -> str:
    """A file's SHA-256 (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
