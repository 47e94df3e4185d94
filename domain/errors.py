"""One class per thing that can go wrong.

An error's docstring is its message: `{placeholders}` are filled from the keyword arguments the error was raised with,
which stay readable as `error.details`. `code` is stable and public (GraphQL's `extensions.code`, the command line's
last line). `Retryable` marks what may pass by itself; everything else is final.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar


class SegueError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "SEGUE_ERROR"

    def __init__(self, **details: Any) -> None:  # Any: whatever the message names
        self.details = details
        super().__init__(inspect.cleandoc(type(self).__doc__ or "").format(**details))


class Retryable(SegueError):
    """Something went wrong that may pass by itself."""


# --- asked for something that is not there, or cannot be


class InvalidId(SegueError):
    """'{id}' is not an id of this archive. Pass an id exactly as an earlier answer gave it."""

    code = "INVALID_ID"


class TrackNotFound(SegueError):
    """There is no track {id}."""

    code = "TRACK_NOT_FOUND"


class AlbumNotFound(SegueError):
    """There is no album {id}."""

    code = "ALBUM_NOT_FOUND"


class ComposerNotFound(SegueError):
    """There is no composer {id}."""

    code = "COMPOSER_NOT_FOUND"


class JobNotFound(SegueError):
    """There is no job {id}."""

    code = "JOB_NOT_FOUND"


class SegmentNotFound(SegueError):
    """There is no segment {id}."""

    code = "SEGMENT_NOT_FOUND"


class SpaceNotFound(SegueError):
    """There is no space '{name}'. There are: {known}."""

    code = "SPACE_NOT_FOUND"


class SpaceNotReady(SegueError):
    """Space '{name}' holds no embeddings yet. Fill it with: segue embed --space {name}"""

    code = "SPACE_NOT_READY"


class SpaceOfOtherWeights(SegueError):
    """Space '{name}' was made by {found}, this program makes {expected}: their embeddings cannot be compared.
    Hear the archive again with: segue reembed --space {name}"""

    code = "SPACE_OF_OTHER_WEIGHTS"


class NothingToReembed(SegueError):
    """There is no recording here that could be heard again. Import some with: segue import FOLDER"""

    code = "NOTHING_TO_REEMBED"


class TracksWouldBeLost(SegueError):
    """Space '{name}' keeps its revision: {count} of its tracks could not be heard again: {listed}. Try them once more
    with: segue reembed --space {name}, or go on without them: segue reembed --space {name} --allow-missing"""

    code = "TRACKS_WOULD_BE_LOST"


class NoEarlierRevision(SegueError):
    """Space '{name}' has no earlier revision that could be restored."""

    code = "NO_EARLIER_REVISION"


class InvalidSelection(SegueError):
    """'{where}' does not say which tracks: it takes composer=NAME, album=TITLE, failed or stale."""

    code = "INVALID_SELECTION"


class UnknownName(SegueError):
    """There is no {kind} '{name}'. {hint}"""

    code = "UNKNOWN_NAME"


class JobNotResumable(SegueError):
    """Job {id} cannot be taken up again: {reason}"""

    code = "JOB_NOT_RESUMABLE"


class ConfirmationMissing(SegueError):
    """Nothing was dropped, since there is nobody to ask here. Say that you mean it: --yes"""

    code = "CONFIRMATION_MISSING"


class TrackNotEmbedded(SegueError):
    """Track {id} has no embedding in space '{space}': {reason}"""

    code = "TRACK_NOT_EMBEDDED"


class StrategyNotFound(SegueError):
    """There is no strategy '{name}' here. There are: {known}."""

    code = "STRATEGY_NOT_FOUND"


class InvalidPageSize(SegueError):
    """`first` is {first}; it takes 1 to {maximum}."""

    code = "INVALID_PAGE_SIZE"


class InvalidCursor(SegueError):
    """'{cursor}' is not a cursor of this list. Pass `endCursor` of an earlier page, or leave `after` out."""

    code = "INVALID_CURSOR"


class InvalidSegment(SegueError):
    """{start} s to {end} s is not a segment of track {id}, which lasts {duration} s."""

    code = "INVALID_SEGMENT"


class InvalidFilter(SegueError):
    """`{field}` of the filter cannot be {value}: {reason}"""

    code = "INVALID_FILTER"


class InvalidOption(SegueError):
    """`{field}` of the options is {value}; it takes {allowed}."""

    code = "INVALID_OPTION"


# --- a recording that cannot be used


class UnusableAudio(SegueError):
    """'{path}' cannot be used: {reason}"""

    code = "UNUSABLE_AUDIO"


class NotAudio(UnusableAudio):
    """'{path}' is not a recording that can be decoded: {reason}"""

    code = "NOT_AUDIO"


class AudioMissing(UnusableAudio):
    """'{path}' is not there any more, or cannot be reached."""

    code = "AUDIO_MISSING"


class EmptyAudio(UnusableAudio):
    """'{path}' holds no audio."""

    code = "EMPTY_AUDIO"


# --- object storage


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


# --- changing the archive from outside


class CuratorOnly(SegueError):
    """Nothing can be changed from here: without authentication, Segue takes changes only at its own machine's address,
    http://127.0.0.1 or http://localhost, while it listens there and nowhere else."""

    code = "CURATOR_ONLY"


class ImportNotAllowed(SegueError):
    """'{path}' may not be imported through the API. Allow its folder with SEGUE_IMPORT_ROOTS, or import it on the
    server's machine with: segue import"""

    code = "IMPORT_NOT_ALLOWED"


class SubscriptionsUnavailable(SegueError):
    """This server cannot hold a stream open. Poll `job(id)` instead: it gives the same."""

    code = "SUBSCRIPTIONS_UNAVAILABLE"


class TooManySubscriptions(Retryable):
    """There are {maximum} subscriptions already. Poll `job(id)`, or try again in a moment."""

    code = "TOO_MANY_SUBSCRIPTIONS"


# --- the machine around us


class DatabaseUnreachable(Retryable):
    """The database does not answer: {reason}. Check SEGUE_DATABASE_URL, or run: segue doctor"""

    code = "DATABASE_UNREACHABLE"


class BrokerUnreachable(Retryable):
    """The message broker does not answer: {reason}. Check SEGUE_BROKER_URL."""

    code = "BROKER_UNREACHABLE"


class BrokerUnknown(SegueError):
    """SEGUE_BROKER_URL cannot begin with '{scheme}'. It takes {accepted}; unset, the database carries messages."""

    code = "BROKER_UNKNOWN"


class BrokerMisnamed(SegueError):
    """SEGUE_BROKER_URL cannot be used: {reason}"""

    code = "BROKER_MISNAMED"


class QueueMissing(SegueError):
    """There is no SQS queue '{name}'. Create it, or let Segue do so by adding create=yes to SEGUE_BROKER_URL."""

    code = "QUEUE_MISSING"


class DatabaseBehind(SegueError):
    """The database's schema is older than this program ({revision} < {expected}). Run: segue migrate"""

    code = "DATABASE_BEHIND"


class DatabaseNewer(SegueError):
    """The database's schema ({revision}) is newer than this program knows. Update Segue, then try again."""

    code = "DATABASE_NEWER"


class PgvectorMissing(SegueError):
    """Segue needs pgvector 0.8 or later; the database has {found}. Install it there, or unset SEGUE_DATABASE_URL."""

    code = "PGVECTOR_MISSING"


class DataFolderUnwritable(SegueError):
    """The data folder '{path}' cannot be written: {reason}. Choose another with SEGUE_DATA_DIR."""

    code = "DATA_FOLDER_UNWRITABLE"


class FileUnwritable(SegueError):
    """'{path}' cannot be written: {reason}"""

    code = "FILE_UNWRITABLE"


class EmbeddedServerFailed(SegueError):
    """The embedded PostgreSQL in '{path}' does not start: {reason}. Its log is {log}"""

    code = "EMBEDDED_SERVER_FAILED"


class DataOfAnotherVersion(SegueError):
    """The embedded PostgreSQL in '{path}' was made by version {found}; this program brings {expected}. Dump it with
    pg_dump of version {found}, or choose another folder with SEGUE_DATA_DIR."""

    code = "DATA_OF_ANOTHER_VERSION"


class PortTaken(SegueError):
    """Port {port} on {host} is taken. Choose another: make up PORT={other}, or segue up --port {other}"""

    code = "PORT_TAKEN"


class AddressUnusable(SegueError):
    """Segue cannot listen on {host}, port {port}: {reason}. Choose others with --host and --port."""

    code = "ADDRESS_UNUSABLE"


class AlreadyUp(SegueError):
    """Segue is up already with the data folder '{path}': {url} (process {pid}). Stop it with: segue down"""

    code = "ALREADY_UP"


class ExampleInTheWay(SegueError):
    """The data folder '{path}' holds the synthetic example archive, with which real recordings must not mix. Choose
    another one: make up DATA=folder, or --data-dir folder"""

    code = "EXAMPLE_IN_THE_WAY"


class ProcessDied(SegueError):
    """'segue {command}' does not stay alive: {reason}. Its log is {log}"""

    code = "PROCESS_DIED"


class InvalidSetting(SegueError):
    """{name} cannot be '{value}': {reason}"""

    code = "INVALID_SETTING"


class DiskNearlyFull(SegueError):
    """Only {free} are free for '{path}', and {needed} should be. Make room, or choose another folder with
    SEGUE_DATA_DIR."""

    code = "DISK_NEARLY_FULL"


class DecoderBroken(SegueError):
    """{codec} cannot be decoded: {reason}. Install PyAV from its wheel: pip install --force-reinstall av"""

    code = "DECODER_BROKEN"


class DecoderNotStarted(Retryable):
    """The process that decodes audio does not start: {reason}. Check the installation with: segue doctor"""

    code = "DECODER_NOT_STARTED"


class DecoderKilled(Retryable):
    """The process that decoded '{path}' was killed from outside ({signal})."""

    code = "DECODER_KILLED"


class WeightsMissing(SegueError):
    """The weights of '{backend}' are not here: {looked}. {remedy}"""

    code = "WEIGHTS_MISSING"


class WeightsDamaged(SegueError):
    """The weights in '{path}' are damaged or not those that were asked for: {reason}. Install them again."""

    code = "WEIGHTS_DAMAGED"


class BackendNotFound(SegueError):
    """There is no audio backend '{name}'. There are: {known}."""

    code = "BACKEND_NOT_FOUND"


class ExtraMissing(SegueError):
    """{feature} needs packages that are not installed. Install them with: pip install '.[{extra}]'"""

    code = "EXTRA_MISSING"


class FolderNotFound(SegueError):
    """There is no folder or file '{path}'."""

    code = "FOLDER_NOT_FOUND"
