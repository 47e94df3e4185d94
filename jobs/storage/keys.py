"""Keys: what objects are called, which names are safe, and where each kind of object lies."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from uuid import uuid4

from domain.errors.storage import InvalidStorageKey

AUDIO = "audio/"
# Uploads. On AWS the arrival of an object under this prefix is the event that starts its import.
INCOMING = "audio/incoming/"
ARTEFACTS = "artefacts/"
SNAPSHOTS = "snapshots/"
COVERS = "covers/"

# In bytes of UTF-8. S3 takes 1,024 for the prefix and the key; file systems take 255 for one name, and the folder
# stores an object's checksum under its name with a suffix.
LONGEST_KEY = 800
LONGEST_PART = 240

# Control characters, halves of surrogate pairs, and line and paragraph separators: neither XML nor a log line takes
# all of them.
FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
SHA256 = re.compile(r"[0-9a-f]{64}")


def check_key(key: str) -> str:
    """`key` itself, when it is safe: parts between single slashes, none of which begins with a dot (so there is no
    `..`, and nothing hidden), without backslashes and control characters, at most LONGEST_KEY bytes.

    Raises InvalidStorageKey.
    """
    if any(unicodedata.category(character) in FORBIDDEN_CATEGORIES for character in key):
        raise InvalidStorageKey(key=key, reason="it holds a control character")
    if "\\" in key:
        raise InvalidStorageKey(key=key, reason="it holds a backslash")
    if len(key.encode()) > LONGEST_KEY:
        raise InvalidStorageKey(key=key, reason=f"it is longer than {LONGEST_KEY} bytes")
    for part in key.split("/"):
        if not part:
            raise InvalidStorageKey(key=key, reason="a part of it is empty")
        if part.startswith("."):
            raise InvalidStorageKey(key=key, reason="a part of it begins with a dot")
        if len(part.encode()) > LONGEST_PART:
            raise InvalidStorageKey(key=key, reason=f"a part of it is longer than {LONGEST_PART} bytes")
    return key


def is_key(key: str) -> bool:
    """Whether `key` is safe."""
    try:
        check_key(key)
    except InvalidStorageKey:
        return False
    return True


def check_prefix(prefix: str) -> str:
    """`prefix` itself, when a safe key could begin with it. Raises InvalidStorageKey."""
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix


def incoming_key(file_name: str) -> str:
    """A new key for an upload that its sender calls `file_name`; whatever that name holds, the key is safe."""
    return check_key(f"{INCOMING}{uuid4()}/{_safe_name(file_name)}")


def artefact_key(sha256: str) -> str:
    """The key of a file of a model, known by its SHA-256 (hex). Raises InvalidStorageKey."""
    if not SHA256.fullmatch(sha256):
        raise InvalidStorageKey(key=ARTEFACTS + sha256, reason="an artefact is named by its SHA-256")
    return ARTEFACTS + sha256


def cover_key(sha256: str) -> str:
    """The key of a picture, known by its SHA-256 (hex). Raises InvalidStorageKey."""
    if not SHA256.fullmatch(sha256):
        raise InvalidStorageKey(key=COVERS + sha256, reason="a cover is named by its SHA-256")
    return COVERS + sha256


def snapshot_key(space: str, revision: int) -> str:
    """The key of a revision's vectors: `snapshots/<space>/r<revision>.parquet`. Raises InvalidStorageKey."""
    return check_key(f"{SNAPSHOTS}{space}/r{revision}.parquet")


def _safe_name(name: str) -> str:
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cf: marks that turn the writing direction, with which a name can pretend to end differently.
    unwanted = FORBIDDEN_CATEGORIES | {"Cf"}
    printable = "".join(" " if unicodedata.category(character) in unwanted else character for character in last)
    words = " ".join(printable.split())
    before, dot, ending = words.rpartition(".")
    if dot and ending and not before.strip(". "):  # nothing but what it ends in
        words = f"recording.{ending}"
    path = PurePosixPath(words.lstrip(". ") or "recording")
    suffix = path.suffix if len(path.suffix.encode()) <= 16 else ""
    stem = path.name.removesuffix(suffix).encode()[: LONGEST_PART - len(suffix.encode())]
    return stem.decode(errors="ignore") + suffix
