"""`/rest/…`: OpenSubsonic over HTTP, where SEGUE_SUBSONIC switches it on."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api import request_ids
from api.context import Context
from api.errors import INTERNAL, UNREACHABLE, masked
from api.gate import RETRY_SECONDS
from api.observer import Seen
from api.services import Services
from api.subsonic.access import context_of
from api.subsonic.asked import Asked, asked
from api.subsonic.endpoints import ENDPOINTS, OPEN
from api.subsonic.envelope import answered, failed
from api.subsonic.failures import GENERIC, Failed, failure_of
from domain.errors.base import SegueError
from domain.errors.machine import Overloaded

NO_ENDPOINT = "This server only tells what sounds alike; it has no such endpoint."


async def subsonic(request: Request) -> Response:
    """`/rest/{name}` and `/rest/{name}.view`, by GET or with a form. Failures have status 200 and a code of Subsonic's;
    503 where there are too many requests."""
    services: Services = request.app.state.services
    name = request.path_params["name"].removesuffix(".view")
    seen = Seen(request_ids.begin(request.headers.get(request_ids.HEADER)))
    seen.operation = f"(rest/{name})" if name in ENDPOINTS else "(rest)"
    response = await _answered(request, services, name, seen)
    response.headers[request_ids.HEADER] = seen.request_id
    services.observer.answered(seen)
    return response


async def _answered(request: Request, services: Services, name: str, seen: Seen) -> Response:
    said = Asked(dict(request.query_params))
    try:
        said = await asked(request)
        with services.gate.one():
            return await _content(request, services, name, said, seen)
    except Failed as failure:
        seen.outcome, seen.code = "refused", f"SUBSONIC_{failure.code}"
        return failed(failure, as_json=said.as_json)
    except Overloaded as error:
        seen.turned_away()
        response = failed(Failed(GENERIC, str(error)), as_json=said.as_json, status=503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
    except Exception as error:
        return _masked(error, seen, said)


async def _content(request: Request, services: Services, name: str, said: Asked, seen: Seen) -> Response:
    endpoint = ENDPOINTS.get(name)
    if endpoint is None:
        raise Failed(GENERIC, NO_ENDPOINT)
    if name in OPEN:
        context = Context.of(services, request)
    else:
        context = await context_of(services, request, said)
        seen.role = context.role.lower()
    try:
        found = await endpoint(context, said)
    except SegueError as error:
        known = failure_of(error)
        if known is None:
            raise
        raise known from error
    return found if isinstance(found, Response) else answered(found, as_json=said.as_json)


def _masked(error: Exception, seen: Seen, said: Asked) -> Response:
    if isinstance(error, SegueError) and type(error) in UNREACHABLE:
        seen.outcome, seen.code = "error", error.code
        return failed(Failed(GENERIC, UNREACHABLE[type(error)]), as_json=said.as_json)
    message, _ = masked(error, "a player's request")
    seen.outcome, seen.code = "failed", INTERNAL
    return failed(Failed(GENERIC, f"{message} ({seen.request_id})"), as_json=said.as_json, status=500)
