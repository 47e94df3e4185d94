"""The SHA-256 of each object of a folder, so that bytes that rot are noticed."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Hidden from listings, since no part of a key begins with a dot.
FOLDER = ".checksums"
LINE = re.compile(r"^[0-9a-f]{64}$", re.MULTILINE)


class Checksums:
    """For each key a text file of the SHA-256 (hex) of all that was stored under it since it was last deleted, oldest
    first.

    A line is added before its object takes the place of an older one, and none is taken away: a process that is killed
    between both leaves an object that still has its line. Call `add` and `remove` while changing the folder (see
    `folder_lock`). Raises OSError.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def of(self, key: str) -> list[str]:
        """What the object's SHA-256 may be; empty where nobody told."""
        try:
            return LINE.findall(self.path(key).read_text("ascii", errors="replace"))
        except FileNotFoundError:
            return []

    def add(self, key: str, sha256: str) -> None:
        if sha256 in self.of(key):
            return
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            # Begins a line of its own even after one that a power cut tore.
            os.write(descriptor, f"\n{sha256}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def path(self, key: str) -> Path:
        return self._folder / f"{key}.sha256"
