"""Who asks, and what that lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What somebody may see and do. Each role may what those before it may: PUBLIC is everybody, USER who listens and
    sees only what is theirs, CURATOR who looks after the archive and may speak for every user."""

    PUBLIC = "PUBLIC"
    USER = "USER"
    CURATOR = "CURATOR"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `user_id` is whom a USER is; `name` tells people apart in a log: the subject of a token or the prefix
    of a key, None for who brought nothing."""

    role: Role
    user_id: UUID | None = None
    name: str | None = None


NOBODY = Identity(Role.PUBLIC)
