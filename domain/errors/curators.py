"""Changing the archive from outside."""

from domain.errors.base import Retryable, SegueError


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
