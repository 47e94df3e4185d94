"""Addresses of covers, signed and expiring."""

from __future__ import annotations

import time
from functools import partial
from urllib.parse import urlencode

import anyio.to_thread

from api.context import Context
from domain.catalogue import Cover
from domain.errors.asking import InvalidCoverSize
from domain.signing import Signer
from jobs.storage.keys import cover_key

PURPOSE = "cover"
VALID_SECONDS = 3 * 24 * 3600
# Addresses made on the same day are equal, so that browsers keep the pictures.
ROUNDED_TO_SECONDS = 24 * 3600

THUMBNAIL_SIDE = 512
THUMBNAIL_TYPE = "image/jpeg"
LARGEST_SIZE = 12_000

# What is served, by the ending of its address; nothing else ever is.
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
ENDINGS = {content_type: ending for ending, content_type in CONTENT_TYPES.items()}


async def cover_url(context: Context, cover: Cover | None, size: int | None) -> str | None:
    """Where a client may fetch a cover for some days, from the object storage or from this machine; the smaller copy
    where `size` pixels need no more.

    Raises InvalidCoverSize.
    """
    if size is not None and not 1 <= size <= LARGEST_SIZE:
        raise InvalidCoverSize(size=size, maximum=LARGEST_SIZE)
    if cover is None:
        return None
    sha256, content_type = cover.sha256, cover.content_type
    if size is not None and size <= THUMBNAIL_SIDE and cover.thumbnail is not None:
        sha256, content_type = cover.thumbnail, THUMBNAIL_TYPE
    services, key = context.services, cover_key(sha256)
    storage = await services.storage()
    # In a thread: signing asks nobody, but now and then for new credentials of the machine's role.
    sign = partial(storage.listening_url, key, valid_seconds=VALID_SECONDS, content_type=content_type)
    url = await anyio.to_thread.run_sync(sign)
    if url is None and services.serves_audio:  # the pictures lie on this machine, too
        path = signed_path(await services.signer(), f"{sha256}.{ENDINGS[content_type]}", time.time())
        return context.base_url + path
    return url


def signed_path(signer: Signer, name: str, now: float) -> str:
    """`/cover/…` with its expiry (seconds since 1970, at midnight UTC, 3 to 4 days from `now`) and signature."""
    expires = (int(now) + VALID_SECONDS + ROUNDED_TO_SECONDS) // ROUNDED_TO_SECONDS * ROUNDED_TO_SECONDS
    signature = signer.sign(PURPOSE, _text(name, str(expires)))
    return f"/cover/{name}?" + urlencode({"expires": expires, "signature": signature})


def is_valid(signer: Signer, name: str, expires: str, signature: str, now: float) -> bool:
    """Whether we signed this address and it has not expired."""
    genuine = signer.verify(PURPOSE, signature) == _text(name, expires)
    return genuine and now < int(expires)


def _text(name: str, expires: str) -> str:
    return f"{name} {expires}"
