"""The keys that sign links and tokens, changed."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, text

KEY_BYTES = 32

INSERT_KEY = text("INSERT INTO signing_keys (key) VALUES (:key)")
FORGET_OLD = text("DELETE FROM signing_keys WHERE id < (SELECT max(id) FROM signing_keys)")


def add_signing_key(connection: Connection) -> None:
    """From now on processes that start sign with a new key; what others have signed still verifies."""
    connection.execute(INSERT_KEY, {"key": secrets.token_bytes(KEY_BYTES)})


def forget_old_signing_keys(connection: Connection) -> int:
    """Let what other keys than the newest have signed end; returns how many they were."""
    return connection.execute(FORGET_OLD).rowcount
