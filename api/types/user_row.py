"""A row that is stored of a user."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from api.context import Info
from api.cursors import Cursors
from api.types.connection import Connection, connection
from domain import ids
from domain.errors.listening import UserNotFound
from sql.listening import user_export


@strawberry.type(description="A row of the database that is about a user, as it is stored.")
class UserRow:
    table: str = strawberry.field(
        description="What the row is of: `users`, `sessions`, `interactions`, `impressions` (lists that were shown) or"
        " `api_keys`."
    )
    row: JSON = strawberry.field(description="Its columns and their values. Tracks and models are named by their keys.")

    @classmethod
    def of(cls, row: user_export.UserRow) -> UserRow:
        return cls(table=row.table, row=JSON(row.row))


async def user_rows(info: Info, user_id: str, first: int, after: str | None) -> Connection[UserRow]:
    """Raises InvalidPageSize, InvalidCursor, and UserNotFound. The request must be one that may speak for the user."""
    key = ids.decode_uuid("User", user_id)
    if await info.context.loaders.users.load(key) is None:
        raise UserNotFound(id=user_id)
    read = info.context.services.user_export
    return await connection(
        lambda size, begin: read.page(key, size, begin),
        Cursors(f"rows of user {key}", (int, datetime, str)),
        UserRow.of,
        lambda: read.count(key),
        first,
        after,
    )
