"""A catalogue file that cannot be used, and imports that should be meant."""

from domain.errors.base import SegueError


class CatalogueUnreadable(SegueError):
    """The catalogue '{path}' cannot be read: {reason}"""

    code = "CATALOGUE_UNREADABLE"


class CatalogueColumnMissing(SegueError):
    """The catalogue '{path}' has no column '{column}'{hint}. Its columns are {columns}. A mapping file says what it is
    called there, with a line such as {ours} = "Column"; name the file with --mapping."""

    code = "CATALOGUE_COLUMN_MISSING"


class SegmentsUnreadable(SegueError):
    """The segments in '{path}' cannot be read: {reason}"""

    code = "SEGMENTS_UNREADABLE"


class MappingInvalid(SegueError):
    """The mapping file '{path}' cannot be used: {reason}"""

    code = "MAPPING_INVALID"


class PruneDoubtful(SegueError):
    """{gone} of the {known} files that were imported from '{path}' are gone: is a drive not mounted? Nothing was marked
    missing. Where they are gone for good, add --yes"""

    code = "PRUNE_DOUBTFUL"


class PrefixElsewhere(SegueError):
    """'{prefix}' is not in Segue's storage ({base}). Where your recordings are there, set SEGUE_STORAGE_URL to the
    bucket, such as s3://bucket, for all of Segue's programs."""

    code = "PREFIX_ELSEWHERE"
