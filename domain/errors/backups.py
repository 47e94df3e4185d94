"""Backups, and embeddings that come from elsewhere."""

from domain.errors.base import SegueError


class BackupExists(SegueError):
    """'{path}' is there already. Name another file or folder, or move it away."""

    code = "BACKUP_EXISTS"


class BackupUnreadable(SegueError):
    """'{path}' is not a backup that can be restored: {reason}. Nothing was changed."""

    code = "BACKUP_UNREADABLE"


class ArchiveNotEmpty(SegueError):
    """This database holds an archive of {tracks} tracks, which the backup would take the place of. If you mean it, add
    --yes; segue backup keeps what is there."""

    code = "ARCHIVE_NOT_EMPTY"


class ArchiveInUse(SegueError):
    """The archive is in use: {reason}. Stop what uses it (segue down), then try again. Nothing was changed."""

    code = "ARCHIVE_IN_USE"


class EmbeddingsUnusable(SegueError):
    """'{path}' holds no embeddings that can be imported: {reason}"""

    code = "EMBEDDINGS_UNUSABLE"


class SpaceTaken(SegueError):
    """There is a space '{name}' already, made by {made_by}. Choose another name with --space."""

    code = "SPACE_TAKEN"
