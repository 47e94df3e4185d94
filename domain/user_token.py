"""What a visitor proves with that they are a user: signed, stateless, and of limited life."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from domain.signing import Signer

PURPOSE = "user"
# Longer than a season's pause: an anonymous visitor's history is lost with their token.
LIFE = timedelta(days=400)


def user_token(signer: Signer, user_id: UUID, now: datetime) -> str:
    """A token for requests as this user, until `LIFE` after `now`. A key that replaces another ends none of them."""
    text = {"user": str(user_id), "until": int((now + LIFE).timestamp())}
    return signer.sign(PURPOSE, json.dumps(text, separators=(",", ":")))


def user_of_token(signer: Signer, token: str, now: datetime) -> UUID | None:
    """The user whose token this is; None for one that was not made by `user_token`, or has expired."""
    text = signer.verify(PURPOSE, token)
    if text is None:
        return None
    said = json.loads(text)
    return UUID(said["user"]) if now.timestamp() < said["until"] else None
