"""Who may reach the service, and what they may do."""

from domain.errors.base import Retryable, SegueError


class NotACurator(SegueError):
    """This is for curators, and who you are signed in as is none. What makes a curator is said by whoever runs this
    service."""

    code = "NOT_A_CURATOR"


class IssuerUnreachable(Retryable):
    """The issuer of curators' tokens cannot be asked for its keys: {reason}. Check SEGUE_OIDC_ISSUER, and that this
    machine reaches it."""

    code = "ISSUER_UNREACHABLE"


class AuthenticationMissing(SegueError):
    """Without authentication, Segue answers on its own machine's address only, not on '{host}'. Make an API key with
    'segue keys create NAME', or name the issuer of curators' tokens with SEGUE_OIDC_ISSUER and SEGUE_OIDC_AUDIENCE."""

    code = "AUTHENTICATION_MISSING"


class HostNotAllowed(SegueError):
    """This service does not answer as '{host}'. If it is meant to, whoever runs it adds that name to
    SEGUE_ALLOWED_HOSTS."""

    code = "HOST_NOT_ALLOWED"


class ApiKeyNotFound(SegueError):
    """There is no API key '{prefix}'. List those there are with: segue keys list"""

    code = "API_KEY_NOT_FOUND"


class ApiKeyInvalid(SegueError):
    """An API key cannot have {what}: {reason}"""

    code = "API_KEY_INVALID"
