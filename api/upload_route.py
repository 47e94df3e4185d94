"""Receives the uploads that tickets allow, where the storage is a folder of this machine; S3 receives its own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.to_thread
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.errors import UNREACHABLE, masked, refused
from api.services import Services
from domain import ids
from domain.errors.base import SegueError
from domain.errors.machine import BrokerUnreachable, DatabaseFull, DatabaseUnreachable
from domain.errors.storage import InvalidUploadTicket, StorageFull, UploadRefused
from jobs.storage.folder import FolderStorage
from jobs.storage.tickets import UploadGrant, check_headers, read_ticket

# So much is kept in memory of an upload.
CHUNK_BYTES = 1 << 20
# A connection on which nothing comes is not worth keeping.
STALL_SECONDS = 60.0
NO_ROOM = "There is no room for this recording. Tell whoever looks after the archive."


async def upload(request: Request) -> Response:
    """`PUT /upload/{token}`: 201 with the job that imports it, 400 for what the ticket does not allow, 403 for an
    address that is forged or expired, 507 when the disk is full."""
    services: Services = request.app.state.services
    try:
        storage = await services.storage()
        if not isinstance(storage, FolderStorage):
            raise InvalidUploadTicket
        grant = read_ticket(await services.signer(), request.path_params["token"], time.time())
        check_headers(
            grant,
            content_type=request.headers.get("content-type", ""),
            content_length=_length(request.headers.get("content-length")),
        )
        version = await _receive(request, storage, grant)
        job = await services.ingest.object_arrived(grant.key, version)
    except InvalidUploadTicket as error:
        return _json(403, refused(str(error), error.code))
    except UploadRefused as error:
        return _json(400, refused(str(error), error.code))
    except ClientDisconnect:
        return Response(status_code=400)
    except (StorageFull, DatabaseFull) as error:
        masked(error, "an upload")
        return _json(507, refused(NO_ROOM, error.code))
    except (DatabaseUnreachable, BrokerUnreachable) as error:
        return _json(503, refused(UNREACHABLE[type(error)], error.code))
    except SegueError as error:
        message, extensions = masked(error, "an upload")
        return _json(500, {"errors": [{"message": message, "extensions": extensions}]})
    return _json(201, {"jobId": ids.encode("Job", str(job.id)), "key": grant.key})


async def _receive(request: Request, storage: FolderStorage, grant: UploadGrant) -> str:
    """Stores the body as it comes in; returns its SHA-256. Left early, nothing of it stays."""
    in_thread = anyio.to_thread.run_sync
    with await in_thread(storage.receive, grant) as unfinished:
        waiting = bytearray()
        async for chunk in _chunks(request):
            waiting += chunk
            if len(waiting) >= CHUNK_BYTES:
                await in_thread(unfinished.write, bytes(waiting))
                waiting.clear()
        await in_thread(unfinished.write, bytes(waiting))
        return await in_thread(unfinished.finish)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes in. Raises UploadRefused when nothing comes for STALL_SECONDS."""
    chunks = aiter(request.stream())
    while True:
        try:
            with anyio.fail_after(STALL_SECONDS):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadRefused(reason=f"nothing of it came for {STALL_SECONDS:g} s") from None
        yield chunk


def _length(header: str | None) -> int | None:
    return int(header) if header and header.isascii() and header.isdigit() and len(header) < 19 else None


def _json(status: int, content: dict[str, Any]) -> Response:  # Any: JSON
    return Response(orjson.dumps(content), status, media_type="application/json")
