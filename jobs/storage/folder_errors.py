"""What went wrong with a folder, as the storage says it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors.storage import InvalidStorageKey, ObjectNotFound, StorageFailed, StorageForbidden, StorageFull
from jobs.unwritable import FULL

FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# A part of the key is a file, or the whole key is a folder. S3 would keep both apart.
OCCUPIED = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY})


@contextmanager
def naming_errors(root: Path, action: str, key: str) -> Iterator[None]:
    """Turns an OSError into the error of the storage that it means."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFound(key=key) from error
    except OSError as error:
        storage, reason = f"'{root}'", error.strerror or type(error).__name__
        if error.errno in FULL:
            raise StorageFull(storage=storage, key=key, reason=reason) from error
        if error.errno in FORBIDDEN:
            remedy = "Let this user read and write it, or choose another place with SEGUE_STORAGE_URL."
            raise StorageForbidden(storage=storage, action=action, reason=reason, remedy=remedy) from error
        if error.errno in OCCUPIED:
            raise InvalidStorageKey(key=key, reason="an object and a folder cannot have the same name") from error
        raise StorageFailed(storage=storage, action=f"{action} '{key}'", reason=reason) from error
