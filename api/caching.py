"""What caches between us and clients, such as a CDN, may keep: answers to GET that are the same for everybody.

Keys are addresses: `/graphql?documentId=…&variables=…`. Addresses of audio in an answer hold for a day at least, longer
than any cache may keep it.
"""

from __future__ import annotations

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from api.documents import prepare
from api.errors import Formatted
from api.requested import Requested
from api.services import Services
from domain.identity import Role

# While a cache asks again, it may go on with what it has for so many times as long.
STALE_FACTOR = 10
# Here the gateway has asked who it is; what it lets through is for them.
FOR_CURATORS = "/curator/graphql"
# What the answer depends on beside the address: pages for browsers, streams, who asks, and from which page.
VARY = "Accept, Authorization, Origin"


def with_cache_headers(
    request: Request, asked: Requested, content: Formatted, response: Response, role: Role
) -> Response:
    """The answer to a GET, or 304 for a client that has it already. `role` is what its sender had to be."""
    services: Services = request.app.state.services
    operation = prepare(asked.query).operation(asked.operation_name)
    is_shared = operation is not None and operation.is_shared and "errors" not in content
    is_known = (
        role is not Role.PUBLIC or "authorization" in request.headers or request.scope["path"].endswith(FOR_CURATORS)
    )
    if is_known or not is_shared or not services.cache_seconds:
        response.headers["Cache-Control"] = "private, no-store"
        return response
    seconds = services.cache_seconds
    headers = {
        "Cache-Control": f"public, max-age={seconds}, stale-while-revalidate={STALE_FACTOR * seconds}",
        "ETag": f'W/"{sha256(response.body).hexdigest()[:32]}"',
        "Vary": VARY,
    }
    cost = content.get("extensions", {}).get("cost")
    response.headers.update(headers)
    services.kept_answers.keep(request, response, seconds, operation.name if operation else "", cost)
    known = (tag.strip() for tag in request.headers.get("if-none-match", "").split(","))
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    return response
