"""The keys that sign links and tokens, read for the API."""

from __future__ import annotations

from sql.database import Database

KEYS = "SELECT key FROM signing_keys ORDER BY id DESC"


async def signing_keys(database: Database) -> list[bytes]:
    """Every key, newest first."""
    return [bytes(key) for (key,) in await database.rows(KEYS)]
