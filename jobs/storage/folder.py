"""A storage that is a folder: each object is a file under its key."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from domain.errors.storage import ObjectDamaged, ObjectNotFound
from domain.signing import Signer
from jobs.storage.checksums import Checksums
from jobs.storage.folder_errors import naming_errors
from jobs.storage.folder_lock import changing, reading
from jobs.storage.keys import check_key, check_prefix, is_key
from jobs.storage.protocol import StoredObject, UploadTicket, check_validity
from jobs.storage.tickets import UploadGrant, ticket_path
from jobs.storage.unfinished import write_file
from jobs.storage.unfinished_object import UnfinishedObject

CHUNK_BYTES = 1 << 20


class FolderStorage:
    """Objects as files below `root`, which the first of them makes. See Storage.

    A file that was put there by hand is an object too, of which nobody told the checksum. `signer` signs upload
    tickets; only the API gives out any.
    """

    def __init__(self, root: Path, signer: Signer | None = None) -> None:
        self._root = root
        self._signer = signer
        self._checksums = Checksums(root)

    def put(self, key: str, source: Path) -> str:
        with source.open("rb") as file, UnfinishedObject(self._root, check_key(key)) as unfinished:
            while chunk := file.read(CHUNK_BYTES):
                unfinished.write(chunk)
            return unfinished.finish()

    def receive(self, grant: UploadGrant) -> UnfinishedObject:
        """Begin the upload that a ticket allows. See `tickets.read_ticket`."""
        return UnfinishedObject(self._root, check_key(grant.key), grant)

    def fetch(self, key: str, target: Path) -> str:
        path = self._path(key)
        with naming_errors(self._root, "read", key), reading(self._root):
            if not path.is_file():
                raise ObjectNotFound(key=key)
            file = path.open("rb")
            expected = self._checksums.of(key)

        def check(found: str) -> None:
            if expected and found not in expected:
                raise ObjectDamaged(key=key, found=found, expected=" or ".join(expected))

        def chunks() -> Iterator[bytes]:
            while True:
                with naming_errors(self._root, "read", key):
                    chunk = file.read(CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

        with file:
            return write_file(target, chunks(), check)

    def stat(self, key: str) -> StoredObject:
        path = self._path(key)
        with naming_errors(self._root, "read", key):
            with reading(self._root):
                if not path.is_file():
                    raise ObjectNotFound(key=key)
                file = path.open("rb")
                expected = self._checksums.of(key)
            with file:
                return replace(_stored(key, os.fstat(file.fileno())), sha256=_sha256(file, expected))

    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except ObjectNotFound:
            return False
        return True

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        check_prefix(prefix)
        with naming_errors(self._root, "list", prefix):
            yield from _walk(self._root, "", prefix)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with naming_errors(self._root, "delete", key):
            if path.is_file():
                with changing(self._root):
                    for file in (path, self._checksums.path(key)):
                        file.unlink(missing_ok=True)
                        self._remove_empty(file.parent)

    def local_path(self, key: str) -> Path:
        return self._path(key)

    def upload_ticket(self, key: str, *, valid_seconds: int, max_bytes: int, content_type: str) -> UploadTicket:
        """See Storage. Raises ValueError without a signer."""
        if self._signer is None:
            raise ValueError("this storage has no signer and gives out no tickets")
        check_validity(valid_seconds)
        expires = int(time.time()) + valid_seconds
        grant = UploadGrant(check_key(key), max_bytes, content_type, expires)
        return UploadTicket(
            method="PUT",
            url=ticket_path(self._signer, grant),
            fields={},
            headers={"Content-Type": content_type},
            expires=datetime.fromtimestamp(expires, UTC),
        )

    def listening_url(self, key: str, *, valid_seconds: int, content_type: str) -> None:
        check_key(key)
        check_validity(valid_seconds)

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _remove_empty(self, folder: Path) -> None:
        with suppress(OSError):  # not empty, or not there
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


def _walk(folder: Path, folder_key: str, prefix: str) -> Iterator[StoredObject]:
    """The objects below `folder`, whose key begins with `folder_key`, in the order of whole keys: what is in a folder
    comes where its name with a slash does."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name + "/" * entry.is_dir(), entry) for entry in entries]
    except FileNotFoundError:
        return
    for name, entry in sorted(found, key=lambda named: os.fsencode(named[0])):
        key = folder_key + name
        if name.endswith("/"):
            if (key.startswith(prefix) or prefix.startswith(key)) and is_key(key[:-1]):
                yield from _walk(Path(entry.path), key, prefix)
        elif key.startswith(prefix) and is_key(key):
            with suppress(FileNotFoundError):  # deleted since
                if entry.is_file():
                    yield _stored(key, entry.stat())


def _stored(key: str, found: os.stat_result) -> StoredObject:
    return StoredObject(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _sha256(file: BufferedReader, expected: Sequence[str]) -> str | None:
    if len(expected) <= 1:
        return expected[0] if expected else None
    # Which of those that were stored under this key is there now, only its bytes can tell.
    found = hashlib.file_digest(file, "sha256").hexdigest()
    return found if found in expected else expected[-1]
