"""GraphQL over HTTP: POST with JSON, GET for queries, server-sent events, and GraphiQL for browsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api import request_ids
from api.context import Context
from api.errors import BAD_REQUEST, INTERNAL, Formatted, masked, refused
from api.event_stream import EventStream
from api.execution import answer, name_of, stream
from api.gate import RETRY_SECONDS, turned_away
from api.graphiql import page
from api.observer import Seen
from api.services import Services
from domain.errors.machine import Overloaded

# A full batch of interactions, each with the list that it came from.
MAX_BODY_BYTES = 600_000
EVENT_STREAM = "text/event-stream"


class BadRequest(Exception):
    """The request is no GraphQL request; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


async def graphql(request: Request) -> Response:
    services: Services = request.app.state.services
    if request.method == "GET" and _is_browser(request):
        # Shown, never executed: a link must not make a browser do anything.
        return HTMLResponse(await page(services), headers={"Cache-Control": "no-store"})
    seen = Seen(request_ids.begin(request.headers.get(request_ids.HEADER)))
    tracer = services.tracer
    if services.gate.is_full:
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
        parameters = _from_query(request) if request.method == "GET" else await _from_body(request)
        operation = checked(parameters)
    except BadRequest as error:
        seen.outcome, seen.code = "refused", BAD_REQUEST
        return _json(refused(str(error)), error.status)
    context = Context.of(services, request)
    query, _, name = operation
    seen.operation = name_of(query, name)
    if EVENT_STREAM in request.headers.get("accept", ""):
        return EventStream(stream(*operation, context, no_mutations=request.method == "GET"))
    try:
        with services.gate.one():
            response = await answer(*operation, context, only_queries=request.method == "GET")
    except Overloaded:
        seen.turned_away()
        return turned_away()
    except Exception as error:
        message, extensions = masked(error, "the operation")
        seen.outcome, seen.code = "failed", INTERNAL
        return _json({"errors": [{"message": message, "extensions": extensions}]}, 500)
    seen.role = context.role.lower()
    seen.answered(response)
    if seen.outcome == "shed":
        # No connection became free in time: all of it may be asked again.
        return _json(response, 503, {"Retry-After": str(RETRY_SECONDS)})
    if services.tracer is None:
        return _json(response)
    with services.tracer.span("JSON encoder"):
        return _json(response)


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


async def _from_body(request: Request) -> object:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest(415, "Send the operation as application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BadRequest(413, f"A request takes at most {MAX_BODY_BYTES} bytes.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, "The body is no JSON.") from error


def _from_query(request: Request) -> object:
    parameters: dict[str, Any] = dict(request.query_params)  # Any: JSON
    if "variables" in parameters:
        try:
            parameters["variables"] = orjson.loads(parameters["variables"])
        except orjson.JSONDecodeError as error:
            raise BadRequest(400, "`variables` is no JSON.") from error
    return parameters


def checked(parameters: object) -> tuple[str, dict[str, Any] | None, str | None]:  # Any: JSON
    """Text, variables and name of the operation. Raises BadRequest."""
    if isinstance(parameters, list):
        raise BadRequest(400, "Send one operation at a time; a batch is not answered.")
    if not isinstance(parameters, Mapping):
        raise BadRequest(400, "The body is no JSON object.")
    query, variables, name = (parameters.get(field) for field in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, "`query` is missing: the text of a GraphQL operation.")
    if not isinstance(variables, dict | None):
        raise BadRequest(400, "`variables` is no JSON object.")
    if not isinstance(name, str | None):
        raise BadRequest(400, "`operationName` is no text.")
    return query, variables, name


def _json(content: Formatted, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
