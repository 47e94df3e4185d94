"""API keys: `segue_PREFIX_SECRET`.

The secret is 256 random bits, so that its SHA-256 is all that has to be kept: a slow hash such as bcrypt protects
passwords, which can be guessed; here it would only slow down every request. Which key it is, is found by the digest:
who guesses cannot steer a digest towards one that is stored, so the time that the search takes tells nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.identity import Role

MARK = "segue_"
PREFIX_BYTES = 5
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `text` is what its owner gets to see, this once."""

    prefix: str
    text: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key. `user_id` is whom a key of the role USER speaks for; `last_used_at` is exact to a
    minute."""

    prefix: str
    label: str
    role: Role
    user_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """`revoked`, `expired` or `valid`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def new_key() -> NewKey:
    """A key that nobody has."""
    prefix = MARK + secrets.token_hex(PREFIX_BYTES)
    return NewKey(prefix, f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}")


def digest_of(text: str) -> bytes:
    """The SHA-256 of a key, 32 bytes; of any other text, too."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
