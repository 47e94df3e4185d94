"""API keys, for the API: whom a request with one comes from."""

from __future__ import annotations

import hmac
from contextlib import suppress

from domain.api_key import digest_of
from domain.errors.machine import DatabaseFull
from domain.identity import Identity, Role
from sql.database import Database

# Found by the digest of what was sent: a guess takes the same one statement and the same way through the index, whether
# a part of it is right or not.
BY_DIGEST = """
    SELECT k.digest, k.prefix, k.role, k.user_id, coalesce(k.last_used_at < now() - interval '1 minute', true)
    FROM api_keys k
    WHERE k.digest = %(digest)s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
"""
# At most once a minute, whoever else uses it.
NOTE_USE = """
    UPDATE api_keys SET last_used_at = now()
    WHERE digest = %(digest)s AND coalesce(last_used_at < now() - interval '1 minute', true)
    RETURNING id
"""
# One that has expired counts: time alone opens nothing.
ANY_CURATORS = "SELECT EXISTS (SELECT FROM api_keys WHERE role = 'CURATOR' AND revoked_at IS NULL)"


class ApiKeys:
    """Reads API keys. Every call may raise DatabaseUnreachable. Nothing is kept, so that a revoked key is refused at
    once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def identity(self, text: str) -> Identity | None:
        """Whose key this is; None for one that is unknown, expired or revoked. Notes that it was used."""
        digest = digest_of(text)
        rows = await self._database.rows(BY_DIGEST, {"digest": digest})
        if not rows:
            return None
        [(stored, prefix, role, user_id, is_noted_late)] = rows
        if not hmac.compare_digest(bytes(stored), digest):
            return None
        if is_noted_late:
            with suppress(DatabaseFull):  # whoever makes room must be let in
                await self._database.rows(NOTE_USE, {"digest": digest})
        return Identity(Role(role), user_id, prefix)

    async def any_of_curators(self) -> bool:
        """Whether curators have keys that were not revoked."""
        [(found,)] = await self._database.rows(ANY_CURATORS)
        return bool(found)
