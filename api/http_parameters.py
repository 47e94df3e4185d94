"""The parameters of a GraphQL request over HTTP: the JSON of its body, or its query string."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from api.requested import BadRequest

# A full batch of interactions, each with the list that it came from.
MAX_BODY_BYTES = 600_000
# A body comes within this, or the connection is not worth keeping.
BODY_SECONDS = 20.0


async def parameters_of(request: Request) -> object:
    """Raises BadRequest."""
    return _from_query(request) if request.method == "GET" else await _from_body(request)


async def _from_body(request: Request) -> object:
    # Those that a page of another origin could send without asking first are refused.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest(415, "Send the operation as application/json.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest(415, "Send the operation as it is: nothing is decompressed here.")
    body = await body_of(request, MAX_BODY_BYTES)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, "The body is no JSON.") from error


async def body_of(request: Request, maximum: int) -> bytearray:
    """The body as it comes in, whether it says beforehand how long it is or not. Raises BadRequest for one of more than
    `maximum` bytes, and for one that does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > maximum:
                    raise BadRequest(413, f"A request takes at most {maximum} bytes.")
    except TimeoutError:
        raise BadRequest(408, f"The body did not come within {BODY_SECONDS:g} s.") from None
    except ClientDisconnect:
        raise BadRequest(400, "The connection was closed.") from None
    return body


def _from_query(request: Request) -> object:
    parameters: dict[str, Any] = dict(request.query_params)  # Any: JSON
    for name in ("variables", "extensions"):
        if name in parameters:
            try:
                parameters[name] = orjson.loads(parameters[name])
            except orjson.JSONDecodeError as error:
                raise BadRequest(400, f"`{name}` is no JSON.") from error
    return parameters
