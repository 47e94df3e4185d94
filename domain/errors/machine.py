"""The machine around us."""

from domain.errors.base import Retryable, SegueError


class DatabaseUnreachable(Retryable):
    """The database does not answer: {reason}. Check SEGUE_DATABASE_URL, or run: segue doctor"""

    code = "DATABASE_UNREACHABLE"


class Overloaded(Retryable):
    """There are more requests than can be answered at the moment. Try again in {seconds} s."""

    code = "OVERLOADED"


class DatabaseFull(SegueError):
    """The disk of the database at '{place}' is full: {reason}. Make room there and try again; a job that stopped over
    it goes on with: segue jobs retry ID"""

    code = "DATABASE_FULL"


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


class DiskFull(FileUnwritable):
    """The disk is full: '{path}' cannot be written. Make room there and try again; a job that stopped over it goes on
    with: segue jobs retry ID"""

    code = "DISK_FULL"


class ExportFormatUnknown(SegueError):
    """'{path}' does not say in which format to write. Let its name end in one of: {known}."""

    code = "EXPORT_FORMAT_UNKNOWN"


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


class LayerNotFound(SegueError):
    """There is no layer {layer} of '{name}': it has {there}."""

    code = "LAYER_NOT_FOUND"


class DeviceMissing(SegueError):
    """SEGUE_DEVICE is '{device}', but {reason}. Unset it to compute on what there is."""

    code = "DEVICE_MISSING"


class GpuNeeded(SegueError):
    """'{backend}' cannot be run without a GPU in reasonable time. Run the worker on a machine that has one."""

    code = "GPU_NEEDED"


class WeightsUnreachable(Retryable):
    """The weights of '{backend}' cannot be had from {url}: {reason}. Put that file by hand at {place}"""

    code = "WEIGHTS_UNREACHABLE"


class WeightsRefused(SegueError):
    """What came from {url} is not what was asked for: {reason}. Nothing of it was kept."""

    code = "WEIGHTS_REFUSED"


class ExtraMissing(SegueError):
    """{feature} needs packages that are not installed. Install them with: pip install '.[{extra}]'"""

    code = "EXTRA_MISSING"


class PackageMissing(SegueError):
    """'{backend}' needs the package {package}, which Segue does not bring: its licence is {licence}. Install it with:
    pip install --no-deps {package}=={version}"""

    code = "PACKAGE_MISSING"


class FolderNotFound(SegueError):
    """There is no folder or file '{path}'."""

    code = "FOLDER_NOT_FOUND"
