"""GraphQL over HTTP: POST with JSON, GET for queries, server-sent events, and GraphiQL for browsers."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api import request_ids
from api.caching import with_cache_headers
from api.context import Context
from api.documents import name_of, type_of
from api.errors import BAD_REQUEST, INTERNAL, Formatted, entry, masked, refused
from api.event_stream import EventStream
from api.execution import answer, stream
from api.gate import RETRY_SECONDS, turned_away
from api.graphiql import HEADERS, page
from api.http_parameters import parameters_of
from api.observer import Seen
from api.requested import BadRequest, Requested, requested
from api.services import Services
from domain.errors.base import SegueError
from domain.errors.machine import Overloaded
from domain.errors.operations import GraphiqlOff
from domain.identity import Role

EVENT_STREAM = "text/event-stream"


async def graphql(request: Request) -> Response:
    services: Services = request.app.state.services
    if request.method == "GET" and _is_browser(request):
        if not services.graphiql:
            return _json(refused(str(GraphiqlOff()), GraphiqlOff.code), 404)
        # Shown, never executed: a link must not make a browser do anything.
        return HTMLResponse(await page(services), headers=HEADERS)
    seen = Seen(request_ids.begin(request.headers.get(request_ids.HEADER)))
    tracer = services.tracer
    kept = services.kept_answers.find(request) if request.method == "GET" else None
    if kept is not None:
        seen.operation, seen.cost, seen.role = kept.operation, kept.cost, "public"
        response = kept.response(request.headers.get("if-none-match"))
    elif services.gate.is_full:
        # Before anything of it is read.
        seen.turned_away()
        response = turned_away()
    elif tracer is None:
        response = await _answered(request, services, seen)
    else:
        with tracer.request(request.headers) as span:
            response = await _answered(request, services, seen)
            span.update_name(seen.operation)
            span.set_attributes({"graphql.operation.name": seen.operation, "segue.request_id": seen.request_id})
    response.headers[request_ids.HEADER] = seen.request_id
    services.observer.answered(seen)
    return response


async def _answered(request: Request, services: Services, seen: Seen) -> Response:
    """The answer to one operation, and what was seen of it."""
    try:
        asked = requested(await parameters_of(request), services.known_queries)
    except BadRequest as error:
        seen.outcome, seen.code = "refused", BAD_REQUEST
        return _json(refused(str(error)), error.status)
    except SegueError as error:
        seen.outcome, seen.code = "refused", error.code
        return _json({"errors": [entry(error)]}, headers={"Cache-Control": "no-store"})
    context = Context.of(services, request)
    seen.operation = name_of(asked.query, asked.operation_name)
    if _wants_events(request, asked):
        seen.lasts = True
        return EventStream(stream(*asked, context, no_mutations=request.method == "GET"))
    try:
        with services.gate.one():
            response = await answer(*asked, context, only_queries=request.method == "GET")
    except Overloaded:
        seen.turned_away()
        return turned_away()
    except Exception as error:
        message, extensions = masked(error, "the operation")
        seen.outcome, seen.code = "failed", INTERNAL
        return _json({"errors": [{"message": message, "extensions": extensions}]}, 500)
    seen.role = context.role.lower()
    seen.answered(response)
    if context.role is Role.CURATOR and type_of(asked.query, asked.operation_name) is OperationType.MUTATION:
        # It may have changed what everybody gets.
        services.kept_answers.clear()
    if seen.outcome == "shed":
        # No connection became free in time: all of it may be asked again.
        return _json(response, 503, {"Retry-After": str(RETRY_SECONDS)})
    if services.tracer is None:
        encoded = _json(response)
    else:
        with services.tracer.span("JSON encoder"):
            encoded = _json(response)
    return with_cache_headers(request, asked, response, encoded, context.role) if request.method == "GET" else encoded


def _wants_events(request: Request, asked: Requested) -> bool:
    """Who takes JSON as well, as urql does for whatever it asks, gets events only of what has several answers."""
    accepted = request.headers.get("accept", "")
    if EVENT_STREAM not in accepted:
        return False
    return "json" not in accepted or type_of(asked.query, asked.operation_name) is OperationType.SUBSCRIPTION


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _json(content: Formatted, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
