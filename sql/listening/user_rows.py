"""Users, as the command line finds and deletes them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, text

from domain.errors.asking import InvalidId
from domain.errors.listening import UserNotFound
from domain.ids import decode_uuid

BY_ID = text("SELECT id FROM users WHERE id = :id")
BY_EXTERNAL_ID = text("SELECT id FROM users WHERE external_id = :name")
# Sessions, interactions, impressions and keys go with their user.
DELETE = text("DELETE FROM users WHERE id = :id")


def find_user(connection: Connection, name: str) -> UUID:
    """The key of the user who is called so: by the API, by the database, or by a log that was taken over.

    Raises UserNotFound.
    """
    found: UUID | None = connection.execute(BY_EXTERNAL_ID, {"name": name}).scalar_one_or_none()
    key = _key(name)
    if found is None and key is not None:
        found = connection.execute(BY_ID, {"id": key}).scalar_one_or_none()
    if found is None:
        raise UserNotFound(id=name)
    return found


def delete_user(connection: Connection, user_id: UUID) -> None:
    """Delete a user with all that is stored of them."""
    connection.execute(DELETE, {"id": user_id})


def _key(name: str) -> UUID | None:
    try:
        return decode_uuid("User", name)
    except InvalidId:
        pass
    try:
        return UUID(name)
    except ValueError:
        return None
