"""What the service needs of an object storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

# What a signed address of S3 can be valid for at most.
LONGEST_VALID_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object: `size` in bytes, when it was last written (UTC), and the SHA-256 (hex) that its bytes should have.

    `sha256` is None where nobody told it, as for an upload, and in listings.
    """

    key: str
    size: int
    modified: datetime
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """How a client may upload one object.

    POST: a form (multipart/form-data) of `fields` and, as the last, the file in a field called `file`. PUT: the file
    is the body. Both with `headers`. A `url` without host is relative to the API's own address.
    """

    method: Literal["POST", "PUT"]
    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    expires: datetime


class Storage(Protocol):
    """Objects by key (see `keys`). Safe to share between threads.

    Every call may raise InvalidStorageKey, StorageForbidden, BucketNotFound and StorageFailed, which are final, and
    StorageUnreachable, which may pass: it was tried several times before.
    """

    def put(self, key: str, source: Path) -> str:
        """Store a copy of a file, in place of an older object of that key; returns its SHA-256 (hex).

        The object appears when it is complete, or not at all. The file must not change meanwhile. Raises StorageFull,
        and OSError when the file cannot be read.
        """

    def fetch(self, key: str, target: Path) -> str:
        """Copy an object into a file, in place of an older one; returns its SHA-256 (hex).

        The file appears when it is complete and its SHA-256 is what it should be. Raises ObjectNotFound,
        ObjectDamaged, and FileUnwritable.
        """

    def stat(self, key: str) -> StoredObject:
        """Raises ObjectNotFound."""

    def exists(self, key: str) -> bool: ...

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """The objects whose keys begin with `prefix`, in the order of their keys' bytes, read as they are asked for."""

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens when there is none."""

    def local_path(self, key: str) -> Path | None:
        """The object's own file, to read in place, where the storage is on this machine; else None."""

    def upload_ticket(self, key: str, *, valid_seconds: int, max_bytes: int, content_type: str) -> UploadTicket:
        """Allow a client to upload this object: of 1 to `max_bytes` bytes and this type, for 1 s to 7 days.

        Asks nobody: it is signed here. The ticket may be used again until it expires.
        """

    def listening_url(self, key: str, *, valid_seconds: int, content_type: str) -> str | None:
        """An address from which a browser may fetch the object, byte ranges too, for 1 s to 7 days, as `content_type`
        whatever it was stored as; None where the API itself serves the recordings of its machine. Asks nobody, not
        even whether the object is there."""


def check_validity(valid_seconds: int) -> None:
    """Raises ValueError unless a signed address can be valid that long."""
    if not 1 <= valid_seconds <= LONGEST_VALID_SECONDS:
        raise ValueError(f"an address is valid for 1 to {LONGEST_VALID_SECONDS} seconds, not {valid_seconds}")
