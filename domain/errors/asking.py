"""Asked for something that is not there, or cannot be."""

from domain.errors.base import SegueError


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


class WorkNotFound(SegueError):
    """There is no work {id}."""

    code = "WORK_NOT_FOUND"


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


class InvalidSpaceName(SegueError):
    """'{name}' cannot be the name of a space. It takes small letters, digits, dots, hyphens and underscores, at most
    63, and begins with a letter or digit."""

    code = "INVALID_SPACE_NAME"


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


class ConflictingArguments(SegueError):
    """`{one}` cannot go with `{other}`: {reason}."""

    code = "CONFLICTING_ARGUMENTS"


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


class InvalidPoints(SegueError):
    """`points` is {points}; it takes 1 to {maximum}."""

    code = "INVALID_POINTS"


class InvalidCoverSize(SegueError):
    """`size` is {size}; it takes 1 to {maximum} pixels."""

    code = "INVALID_COVER_SIZE"


class InvalidFilter(SegueError):
    """`{field}` of the filter cannot be {value}: {reason}"""

    code = "INVALID_FILTER"


class SearchTextTooLong(SegueError):
    """The search text is {length} characters long; it takes up to {maximum}."""

    code = "SEARCH_TEXT_TOO_LONG"


class InvalidOption(SegueError):
    """`{field}` of the options is {value}; it takes {allowed}."""

    code = "INVALID_OPTION"


class NothingLiked(SegueError):
    """`like` takes 1 to {maximum} tracks, `unlike` up to {maximum}."""

    code = "NOTHING_LIKED"


class InvalidPathLength(SegueError):
    """`length` is {length}; a way has 2 to {maximum} tracks, both ends included."""

    code = "INVALID_PATH_LENGTH"
