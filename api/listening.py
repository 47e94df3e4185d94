"""What users can do: be made and forgotten, begin and end sessions, and have recorded what they listen to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import strawberry

from api.context import Info
from api.types.listening import InteractionInput, RecordedInteractions, UserWithToken
from api.types.resolved import resolved
from api.types.session import Session
from api.types.user import User
from api.visitors import asker, listener, listener_or_self
from domain import ids, listening
from domain.batches import MAX_BATCH, checked_batch, invalid
from domain.errors.asking import ConflictingArguments
from domain.errors.listening import BatchTooLarge, InvalidUserName, SessionNotFound, UserNotFound
from domain.identity import Role
from domain.list_token import SignedList, read_list, read_segment_list
from domain.listening import NewInteraction
from domain.user_token import LIFE, user_token

MAX_NAME = 200

UserName = Annotated[str | None, strawberry.argument(description="What they are called, up to 200 characters.")]
Anonymous = Annotated[
    bool | None, strawberry.argument(description="Whether they stay anonymous. Null: those without a name do.")
]
UserId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the user.")]
Whose = Annotated[
    strawberry.ID | None, strawberry.argument(description="The `id` of the user. Null: whose token comes along.")
]
SessionId = Annotated[strawberry.ID, strawberry.argument(description="The `id` of the session.")]
InSession = Annotated[
    strawberry.ID | None, strawberry.argument(description="The `id` of the session that all of them belong to.")
]
Batch = Annotated[list[InteractionInput], strawberry.argument(description="Up to 1,000 of them, in any order.")]


@strawberry.type
class Listening:
    @resolved(
        "Make a user, such as an anonymous visitor. Keep the token: it is what they are recognized by.", by=Role.PUBLIC
    )
    async def create_user(self, info: Info, name: UserName = None, anonymous: Anonymous = None) -> UserWithToken | None:
        """Raises InvalidUserName."""
        if name is not None and not (1 <= len(name.strip()) <= MAX_NAME and "\0" not in name):
            raise InvalidUserName(maximum=MAX_NAME)
        users = info.context.services.users
        user = await users.create(
            uuid4(), name and name.strip(), anonymous=name is None if anonymous is None else anonymous
        )
        return await _with_token(info, user)

    @resolved("Another token for a user; the one before holds until it expires.", by=Role.USER)
    async def renew_token(self, info: Info, user_id: Whose = None) -> UserWithToken | None:
        key = await listener_or_self(info, user_id)
        row = await info.context.loaders.users.load(key)
        if row is None:
            raise UserNotFound(id=ids.encode("User", str(key)))
        return await _with_token(info, row)

    @resolved(
        "Forget a user, with all sessions, interactions and lists. There is no way back. Returns their `id`.",
        by=Role.USER,
    )
    async def delete_user(self, info: Info, id: UserId) -> strawberry.ID | None:
        if not await info.context.services.users.delete(await listener(info, id)):
            raise UserNotFound(id=id)
        return id

    @resolved("Begin a session.", by=Role.USER)
    async def start_session(self, info: Info, user_id: Whose = None) -> Session | None:
        key = await listener_or_self(info, user_id)
        row = await info.context.services.sessions.start(uuid4(), key)
        if row is None:
            raise UserNotFound(id=ids.encode("User", str(key)))
        return Session.of(row)

    @resolved(
        "End a session; one that has ended stays as it is. What happened in it can still be recorded.", by=Role.USER
    )
    async def end_session(self, info: Info, id: SessionId) -> Session | None:
        key = ids.decode_uuid("Session", id)
        row = await info.context.services.sessions.end(key, await asker(info.context))
        if row is None:
            raise SessionNotFound(id=id)
        return Session.of(row)

    @resolved(
        "Record what a user did, in a session or outside. All of the batch is recorded, or, with an error that names"
        " the entry at fault, nothing. What was recorded before under the same client id counts once: after a failure"
        " send the same batch again.",
        by=Role.USER,
    )
    async def record_interactions(
        self, info: Info, interactions: Batch, session_id: InSession = None, user_id: Whose = None
    ) -> RecordedInteractions | None:
        """Raises ConflictingArguments, SessionNotFound, UserNotFound, BatchTooLarge and InvalidInteraction."""
        if session_id is not None and user_id is not None:
            raise ConflictingArguments(one="userId", other="sessionId", reason="a session is one user's already")
        session = None if session_id is None else ids.decode_uuid("Session", session_id)
        user = await (listener_or_self(info, user_id) if session is None else asker(info.context))
        batch, lists = await _batch(info, interactions)
        recorded = await info.context.services.recording.record(user, session, batch, lists)
        if recorded is None:
            if session_id is not None:
                raise SessionNotFound(id=session_id)
            raise UserNotFound(id=user_id or ids.encode("User", str(user)))
        return RecordedInteractions(recorded=recorded.new, repeated=recorded.repeated)


async def _with_token(info: Info, user: listening.User) -> UserWithToken:
    now = datetime.now(UTC)
    token = user_token(await info.context.services.signer(), user.id, now)
    return UserWithToken(user=User.of(user), token=token, expires_at=now + LIFE)


async def _batch(
    info: Info, interactions: list[InteractionInput]
) -> tuple[list[NewInteraction], dict[str, SignedList]]:
    """What is to be recorded, and the lists that it names by their tokens."""
    if len(interactions) > MAX_BATCH:
        raise BatchTooLarge(count=len(interactions), maximum=MAX_BATCH)
    entries = [entry.to_domain(place) for place, entry in enumerate(interactions)]
    lists: dict[str, SignedList] = {}
    for place, entry in enumerate(entries):
        if entry.list_token is not None and entry.list_token not in lists:
            signed = await _signed_list(info, entry.list_token)
            if signed is None:
                raise invalid(place, entry.client_id, "the list that it names was not made here.")
            lists[entry.list_token] = signed
    return checked_batch(entries, datetime.now(UTC)), lists


async def _signed_list(info: Info, token: str) -> SignedList | None:
    """The list that has this id; of a list of segments, the tracks that they are of."""
    signer = await info.context.services.signer()
    segments = read_segment_list(signer, token)
    if segments is None:
        return read_list(signer, token)
    space, keys = segments
    found = await info.context.loaders.segments.load_many(keys)
    # A segment that is gone keeps its place: no track has the number 0.
    return SignedList(None, space, tuple(segment.track_id if segment else 0 for segment in found))
