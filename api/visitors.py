"""Whom a request may speak for: a user for themselves, a curator for everybody."""

from __future__ import annotations

from uuid import UUID

from api.access import require
from api.context import Context, Info
from domain import ids, listening
from domain.errors.listening import SessionNotFound, TokenMissing, UserNotFound
from domain.identity import Role


async def asker(context: Context) -> UUID | None:
    """The user who asks; None for a curator, who may ask for everybody. Who sends a token is that user and nobody else.

    Raises TokenMissing and TokenInvalid.
    """
    await require(context, Role.USER)
    return (await context.identity()).user_id


async def listener(info: Info, user_id: str) -> UUID:
    """The key of the user with this id, whom the request may speak for; they may have been deleted.

    Raises InvalidId, TokenMissing, TokenInvalid, and UserNotFound for anybody else, be they there or not.
    """
    key = ids.decode_uuid("User", user_id)
    if await asker(info.context) not in (None, key):
        raise UserNotFound(id=user_id)
    return key


async def listener_or_self(info: Info, user_id: str | None) -> UUID:
    """Likewise; without an id, who asks. Raises TokenMissing also for a curator who names nobody."""
    if user_id is not None:
        return await listener(info, user_id)
    visitor = await asker(info.context)
    if visitor is None:
        raise TokenMissing
    return visitor


async def heard_session(info: Info, session_id: str) -> listening.Session:
    """The session with this id, of a user whom the request may speak for.

    Raises InvalidId, TokenMissing, TokenInvalid, and SessionNotFound for anybody else's, be it there or not.
    """
    key = ids.decode_uuid("Session", session_id)
    who = await asker(info.context)
    row = await info.context.loaders.sessions.load(key)
    if row is None or who not in (None, row.user_id):
        raise SessionNotFound(id=session_id)
    return row
