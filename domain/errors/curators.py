"""Changing the archive from outside."""

from domain.errors.base import Retryable, SegueError


class CuratorOnly(SegueError):
    """This is for curators: send a curator's token or an API key as `Authorization: Bearer TOKEN`. Where neither is set
    up, curators are those at the server itself, at http://127.0.0.1 or http://localhost, while it listens nowhere
    else."""

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


class UnknownField(SegueError):
    """`{field}` of a {kind} cannot be edited. What can be: {known}."""

    code = "UNKNOWN_FIELD"


class InvalidEdit(SegueError):
    """`{field}` of a {kind} cannot be '{value}': {reason}"""

    code = "INVALID_EDIT"


class NameTaken(SegueError):
    """There is another {kind} '{name}' already. {remedy}"""

    code = "NAME_TAKEN"


class NothingToSplit(SegueError):
    """'{alias}' is how '{composer}' is always written: there is nothing to take it from."""

    code = "NOTHING_TO_SPLIT"


class InvalidAliasFile(SegueError):
    """'{path}' cannot be taken over, line {line}: {reason} Nothing was changed."""

    code = "INVALID_ALIAS_FILE"
