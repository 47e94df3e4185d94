"""What goes wrong, in the numbers of Subsonic.

https://opensubsonic.netlify.app/docs/responses/error/
"""

from __future__ import annotations

from domain.errors import asking
from domain.errors.base import SegueError

GENERIC = 0
PARAMETER_MISSING = 10
TOKEN_NOT_SUPPORTED = 41
PASSWORD_NOT_SUPPORTED = 42
CONFLICTING = 43
KEY_INVALID = 44
NOT_AUTHORIZED = 50
NOT_FOUND = 70

# What players ask for by an id, and what is not there to be compared with it.
MEANS_NOT_FOUND = (
    asking.InvalidId,
    asking.TrackNotFound,
    asking.TrackNotEmbedded,
    asking.SpaceNotReady,
    asking.SpaceNotFound,
)


class Failed(Exception):
    """A request that cannot be answered; `code` is Subsonic's."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


def missing(name: str) -> Failed:
    return Failed(PARAMETER_MISSING, f"Required parameter is missing: {name}")


def failure_of(error: SegueError) -> Failed | None:
    """What players are told of an error of ours; None where they are not to know more."""
    return Failed(NOT_FOUND, "The requested data was not found.") if isinstance(error, MEANS_NOT_FOUND) else None
