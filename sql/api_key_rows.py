"""API keys, as the command line makes and revokes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from domain.api_key import ApiKey, NewKey
from domain.errors.access import ApiKeyNotFound
from domain.identity import Role

COLUMNS = "prefix, label, role, user_id, created_at, expires_at, last_used_at, revoked_at"
INSERT = text(f"""
    INSERT INTO api_keys (prefix, digest, label, role, user_id, expires_at)
    VALUES (:prefix, :digest, :label, :role, :user_id, :expires_at)
    RETURNING {COLUMNS}
""")  # noqa: S608 -- constants of this program
ALL = text(f"SELECT {COLUMNS} FROM api_keys ORDER BY id")  # noqa: S608 -- see above
REVOKE = text(f"""
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE prefix = :prefix RETURNING {COLUMNS}
""")  # noqa: S608 -- see above
ANY_CURATORS = text("SELECT EXISTS (SELECT FROM api_keys WHERE role = 'CURATOR' AND revoked_at IS NULL)")


def add_key(
    connection: Connection, key: NewKey, label: str, user_id: UUID | None, expires_at: datetime | None
) -> ApiKey:
    """Keep a key: a curator's, or that of a user, who must be there."""
    role = Role.CURATOR if user_id is None else Role.USER
    values = {
        "prefix": key.prefix,
        "digest": key.digest,
        "label": label,
        "role": role,
        "user_id": user_id,
        "expires_at": expires_at,
    }
    return _key_of(connection.execute(INSERT, values).one())


def all_keys(connection: Connection) -> list[ApiKey]:
    """Every key, the oldest first, those that were revoked too."""
    return [_key_of(row) for row in connection.execute(ALL)]


def revoke_key(connection: Connection, prefix: str) -> ApiKey:
    """Revoke a key; one that was revoked before stays so. Raises ApiKeyNotFound."""
    row = connection.execute(REVOKE, {"prefix": prefix}).one_or_none()
    if row is None:
        raise ApiKeyNotFound(prefix=prefix)
    return _key_of(row)


def curators_have_keys(connection: Connection) -> bool:
    """Whether curators have keys that were not revoked."""
    return bool(connection.execute(ANY_CURATORS).scalar_one())


def _key_of(row: Row[Any]) -> ApiKey:  # Any: columns
    prefix, label, role, user_id, created_at, expires_at, last_used_at, revoked_at = tuple(row)
    return ApiKey(prefix, label, Role(role), user_id, created_at, expires_at, last_used_at, revoked_at)
