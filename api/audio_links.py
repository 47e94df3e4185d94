"""Addresses of recordings, signed and expiring."""

from __future__ import annotations

import time
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import urlencode

import anyio.to_thread

from api.audio_types import content_type
from api.context import Context
from api.services import Services
from domain.signing import Signer
from jobs.storage.location import REMOTE

PURPOSE = "audio"
VALID_SECONDS = 24 * 3600
# Addresses made within the same hour are equal, so that answers which hold them can be cached.
ROUNDED_TO_SECONDS = 3600


async def audio_url(context: Context, track_key: int) -> str | None:
    """Where a client may fetch a track's recording for about a day: from the object storage, or from this machine,
    whichever of the two was seen last. None where neither has it."""
    for place in await context.loaders.places.load(track_key) or ():
        if place.startswith(REMOTE):
            url = await _listening_url(context.services, place)
            if url is not None:
                return url
        elif context.services.serves_audio:
            return context.base_url + signed_path(await context.services.signer(), track_key, time.time())
    return None


def signed_path(signer: Signer, track_key: int, now: float) -> str:
    """`/audio/…` with its expiry (seconds since 1970, on the hour, 24 to 25 hours from `now`) and signature."""
    expires = (int(now) + VALID_SECONDS + ROUNDED_TO_SECONDS) // ROUNDED_TO_SECONDS * ROUNDED_TO_SECONDS
    signature = signer.sign(PURPOSE, _text(track_key, str(expires)))
    return f"/audio/{track_key}?" + urlencode({"expires": expires, "signature": signature})


def is_valid(signer: Signer, track_key: int, expires: str, signature: str, now: float) -> bool:
    """Whether we signed this address and it has not expired."""
    genuine = signer.verify(PURPOSE, signature) == _text(track_key, expires)
    return genuine and now < int(expires)


async def _listening_url(services: Services, place: str) -> str | None:
    """None for an object of another storage than ours, for which we hold no keys."""
    base = services.storage_base
    if base is None or not place.startswith(base):
        return None
    storage, key = await services.storage(), place.removeprefix(base)
    # In a thread: signing asks nobody, but now and then for new credentials of the machine's role.
    sign = partial(storage.listening_url, key, valid_seconds=VALID_SECONDS, content_type=_type(key))
    return await anyio.to_thread.run_sync(sign)


def _type(key: str) -> str:
    return content_type(PurePosixPath(key))


def _text(track_key: int, expires: str) -> str:
    return f"{track_key} {expires}"
