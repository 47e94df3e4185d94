"""Upload tickets for a storage that the API itself receives uploads for: signed addresses, as S3 gives them out."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass

from domain.errors.storage import InvalidUploadTicket, UploadRefused
from domain.signing import Signer

PURPOSE = "upload"
PATH = "/upload/"


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """What a ticket allows: one object of 1 to `max_bytes` bytes and of this type, until `expires` (seconds since
    1970)."""

    key: str
    max_bytes: int
    content_type: str
    expires: int


def ticket_path(signer: Signer, grant: UploadGrant) -> str:
    """`/upload/<token>`: the address under which the API takes this upload."""
    return PATH + signer.sign(PURPOSE, json.dumps(astuple(grant), ensure_ascii=False))


def read_ticket(signer: Signer, token: str, now: float) -> UploadGrant:
    """What the last part of an upload's address allows. Raises InvalidUploadTicket when we did not sign it, or when
    it has expired."""
    text = signer.verify(PURPOSE, token)
    grant = None if text is None else UploadGrant(*json.loads(text))
    if grant is None or now >= grant.expires:
        raise InvalidUploadTicket
    return grant


def check_headers(grant: UploadGrant, *, content_type: str, content_length: int | None) -> None:
    """Refuse at its beginning an upload that will not do. Raises UploadRefused."""
    if content_type != grant.content_type:
        raise UploadRefused(reason=f"its Content-Type must be {grant.content_type}")
    if content_length is not None:
        check_size(grant, content_length)


def check_size(grant: UploadGrant, size: int) -> None:
    """Raises UploadRefused."""
    if size > grant.max_bytes:
        raise UploadRefused(reason=f"it is larger than {grant.max_bytes} bytes")
    if size == 0:
        raise UploadRefused(reason="it is empty")
