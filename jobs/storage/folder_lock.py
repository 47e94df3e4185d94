"""One lock for a folder: an object and its checksum are changed, and read, together."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".lock"


@contextmanager
def changing(root: Path) -> Iterator[None]:
    """Wait until nobody else changes or reads. Held for a few file names and checksums, never for an object's bytes;
    ends with its process, however that ends. Raises OSError."""
    with _locked(os.open(root / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666), fcntl.LOCK_EX):
        yield


@contextmanager
def reading(root: Path) -> Iterator[None]:
    """Wait until nobody changes anything. Raises OSError."""
    try:
        descriptor = os.open(root / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # nobody ever did
        yield
        return
    with _locked(descriptor, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(descriptor: int, kind: int) -> Iterator[None]:
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)
