"""Which players may ask: those with an API key, and, where the service is open to its machine, any there.

https://opensubsonic.netlify.app/docs/extensions/apikeyauth/
"""

from __future__ import annotations

from starlette.requests import Request

from api.context import Context
from api.services import Services
from api.subsonic.asked import Asked
from api.subsonic.failures import (
    CONFLICTING,
    KEY_INVALID,
    PASSWORD_NOT_SUPPORTED,
    TOKEN_NOT_SUPPORTED,
    Failed,
    missing,
)
from domain.errors.listening import TokenInvalid
from domain.identity import Role


async def context_of(services: Services, request: Request, asked: Asked) -> Context:
    """The context of a player that may ask. Raises Failed."""
    given = asked.parameters
    key = given.get("apiKey")
    if key and given.get("u"):
        raise Failed(CONFLICTING, "Multiple conflicting authentication mechanisms provided: apiKey and u.")
    context = Context.of(services, request, f"Bearer {key}" if key else None)
    try:
        identity = await context.identity()
    except TokenInvalid:
        raise Failed(KEY_INVALID, "Invalid API key.") from None
    if key or identity.role is not Role.PUBLIC:
        return context
    if given.get("t"):
        raise Failed(TOKEN_NOT_SUPPORTED, "Token authentication is not supported. Use an API key.")
    if given.get("p"):
        raise Failed(PASSWORD_NOT_SUPPORTED, "Password authentication is not supported. Use an API key.")
    raise missing("apiKey")
