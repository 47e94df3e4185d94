"""Addresses of recordings, signed and expiring."""

from __future__ import annotations

import time
from urllib.parse import urlencode

from api.context import Context
from domain.signing import Signer

PURPOSE = "audio"
VALID_SECONDS = 24 * 3600
# Addresses made within the same hour are equal, so that answers which hold them can be cached.
ROUNDED_TO_SECONDS = 3600


async def audio_url(context: Context, track_key: int) -> str | None:
    """Where a client may fetch a track's recording for about a day; None where it is not on this machine."""
    if not context.services.serves_audio or await context.loaders.files.load(track_key) is None:
        return None
    path = signed_path(await context.services.signer(), track_key, time.time())
    return context.base_url + path


def signed_path(signer: Signer, track_key: int, now: float) -> str:
    """`/audio/…` with its expiry (seconds since 1970, on the hour, 24 to 25 hours from `now`) and signature."""
    expires = (int(now) + VALID_SECONDS + ROUNDED_TO_SECONDS) // ROUNDED_TO_SECONDS * ROUNDED_TO_SECONDS
    signature = signer.sign(PURPOSE, _text(track_key, str(expires)))
    return f"/audio/{track_key}?" + urlencode({"expires": expires, "signature": signature})


def is_valid(signer: Signer, track_key: int, expires: str, signature: str, now: float) -> bool:
    """Whether we signed this address and it has not expired."""
    genuine = signer.verify(PURPOSE, signature) == _text(track_key, expires)
    return genuine and now < int(expires)


def _text(track_key: int, expires: str) -> str:
    return f"{track_key} {expires}"
