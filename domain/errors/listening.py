"""Users and what they did."""

from domain.errors.base import SegueError


class UserNotFound(SegueError):
    """There is no user {id}, or it is not yours."""

    code = "USER_NOT_FOUND"


class SessionNotFound(SegueError):
    """There is no session {id}, or it is not yours."""

    code = "SESSION_NOT_FOUND"


class TokenMissing(SegueError):
    """This is for the user whom it is about: send the token that `createUser` gave as
    `Authorization: Bearer TOKEN`."""

    code = "TOKEN_MISSING"


class TokenInvalid(SegueError):
    """The token or key is not valid, has expired, or was revoked. Users get a token with `createUser`; one that still
    holds is made new by `renewToken`."""

    code = "TOKEN_INVALID"


class InvalidUserName(SegueError):
    """A user's name takes 1 to {maximum} characters."""

    code = "INVALID_USER_NAME"


class BatchTooLarge(SegueError):
    """The batch has {count} interactions; {maximum} are taken at once. Nothing was recorded."""

    code = "BATCH_TOO_LARGE"


class InvalidInteraction(SegueError):
    """Entry {index} of the batch ('{entry}') cannot be recorded: {reason} Nothing of the batch was recorded."""

    code = "INVALID_INTERACTION"


class LogUnreadable(SegueError):
    """The log '{path}' cannot be read: {reason}"""

    code = "LOG_UNREADABLE"
