"""Object storage."""

from domain.errors.base import Retryable, SegueError


class InvalidStorageKey(SegueError):
    """{key!r} cannot name an object of the storage: {reason}"""

    code = "INVALID_STORAGE_KEY"


class ObjectNotFound(SegueError):
    """There is no object '{key}' in the storage."""

    code = "OBJECT_NOT_FOUND"


class ObjectDamaged(SegueError):
    """'{key}' in the storage is damaged: its SHA-256 is {found}, but should be {expected}. Restore it from a backup, or
    make it anew."""

    code = "OBJECT_DAMAGED"


class BucketNotFound(SegueError):
    """There is no bucket '{bucket}'. Create it, or name another with SEGUE_STORAGE_URL."""

    code = "BUCKET_NOT_FOUND"


class StorageForbidden(SegueError):
    """The storage {storage} does not let us {action}: {reason}. {remedy}"""

    code = "STORAGE_FORBIDDEN"


class StorageFull(SegueError):
    """There is no room for '{key}' in the storage {storage}: {reason}. Make room there, or choose another place with
    SEGUE_STORAGE_URL."""

    code = "STORAGE_FULL"


class StorageFailed(SegueError):
    """The storage {storage} cannot {action}: {reason}"""

    code = "STORAGE_FAILED"


class StorageUnreachable(Retryable):
    """The storage {storage} does not {action} now: {reason}. It is tried again; check the network if that goes on."""

    code = "STORAGE_UNREACHABLE"


class InvalidUploadTicket(SegueError):
    """This upload address is not valid, or not any more. Ask for another one with `requestUpload`."""

    code = "INVALID_UPLOAD_TICKET"


class UploadRefused(SegueError):
    """The upload is refused: {reason}"""

    code = "UPLOAD_REFUSED"
