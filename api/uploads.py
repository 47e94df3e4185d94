"""Gives out tickets for uploads."""

from __future__ import annotations

import re
from pathlib import PurePath

from api.audio_types import content_type as usual_type
from api.services import Services
from api.types.job import Job
from api.types.upload import UploadTicket, named_values
from domain.errors.storage import UploadRefused
from domain.ids import shortened
from jobs.ingest import require_audio_name
from jobs.storage.keys import incoming_key

VALID_SECONDS = 3600
CONTENT_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)


async def upload_ticket(
    services: Services, base_url: str, file_name: str, size: int, content_type: str | None
) -> UploadTicket:
    """A ticket for a file of `size` bytes that its sender calls `file_name`. Raises UploadRefused."""
    require_audio_name(file_name)
    if not 1 <= size <= services.max_upload_bytes:
        raise UploadRefused(reason=f"it takes 1 to {services.max_upload_bytes} bytes, not {size}")
    type_ = content_type or usual_type(PurePath(file_name))
    if not CONTENT_TYPE.fullmatch(type_):
        raise UploadRefused(reason=f"'{shortened(type_)}' is no content type")
    key = incoming_key(file_name)
    storage = await services.storage()
    ticket = storage.upload_ticket(key, valid_seconds=VALID_SECONDS, max_bytes=size, content_type=type_)
    return UploadTicket(
        url=base_url + ticket.url if ticket.url.startswith("/") else ticket.url,
        method=ticket.method,
        fields=named_values(ticket.fields),
        headers=named_values(ticket.headers),
        key=key,
        job=Job.of(await services.ingest.expect_object(key)),
        expires_at=ticket.expires,
        max_bytes=size,
    )
