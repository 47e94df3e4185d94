"""The cloud around us."""

from domain.errors.base import Retryable


class DatabaseLoginFailed(Retryable):
    """No login to the database can be signed: {reason}. Check the role of this process, and SEGUE_DATABASE_URL."""

    code = "DATABASE_LOGIN_FAILED"
