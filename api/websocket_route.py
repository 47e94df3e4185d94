"""GraphQL over WebSocket: the protocol graphql-transport-ws, for subscriptions and queries.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import anyio
import orjson
from anyio.abc import TaskGroup
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from api import request_ids
from api.context import Context
from api.documents import name_of, type_of
from api.errors import Formatted, entry
from api.execution import stream
from api.http_parameters import MAX_BODY_BYTES
from api.observer import Seen
from api.requested import BadRequest, Requested, requested
from api.services import Services
from domain.errors.base import SegueError
from domain.errors.curators import TooManySubscriptions

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
# Of one connection.
MAX_OPERATIONS = 20
LONGEST_REASON = 100

# The protocol's own, and WebSocket's where it has none.
INVALID, UNAUTHORIZED, NOT_ACCEPTABLE, INIT_TIMEOUT = 4400, 4401, 4406, 4408
ALREADY_SUBSCRIBED, TOO_MANY_INITS, TOO_BIG, TRY_LATER = 4409, 4429, 1009, 1013


class Closing(Exception):
    """The connection is closed by us, for a reason that the client is told."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        super().__init__(reason)


async def websocket(socket: WebSocket) -> None:
    services: Services = socket.app.state.services
    if not _is_trusted(socket, services):
        await socket.close()  # before it is accepted: 403
        return
    try:
        with services.sockets.one():
            offered = PROTOCOL in socket.scope["subprotocols"]
            await socket.accept(PROTOCOL if offered else None)
            try:
                if not offered:
                    raise Closing(NOT_ACCEPTABLE, "Subprotocol not acceptable")
                await Connection(socket, services).serve()
            except Closing as closing:
                await socket.close(closing.code, str(closing)[:LONGEST_REASON])
    except TooManySubscriptions:
        await socket.close(TRY_LATER)
    except WebSocketDisconnect:
        pass


class Connection:
    """One client, with the operations that it has under way by their ids."""

    def __init__(self, socket: WebSocket, services: Services) -> None:
        self._socket = socket
        self._services = services
        self._authorization: str | None = None
        self._operations: dict[str, anyio.CancelScope] = {}

    async def serve(self) -> None:
        """Until the client goes; then nothing is left running. Raises Closing and WebSocketDisconnect."""
        closing: Exception | None = None
        async with anyio.create_task_group() as group:
            try:
                await self._begin()
                while True:
                    await self._take(await self._receive(), group)
            except (Closing, WebSocketDisconnect) as error:
                closing = error
            group.cancel_scope.cancel()
        if closing is not None:
            raise closing

    async def _begin(self) -> None:
        with anyio.move_on_after(INIT_SECONDS):
            while True:
                message = await self._receive()
                match message["type"]:
                    case "connection_init":
                        self._authorize(message.get("payload"))
                        await self._send({"type": "connection_ack"})
                        return
                    case "ping":
                        await self._send({"type": "pong"})
                    case "subscribe":
                        raise Closing(UNAUTHORIZED, "Unauthorized")
        raise Closing(INIT_TIMEOUT, "Connection initialisation timeout")

    def _authorize(self, payload: object) -> None:
        """Web pages cannot set headers of a WebSocket: theirs come with the first message."""
        if isinstance(payload, dict):
            given = {str(name).lower(): value for name, value in payload.items()}.get("authorization")
            self._authorization = given if isinstance(given, str) else self._authorization

    async def _take(self, message: dict[str, Any], group: TaskGroup) -> None:  # Any: JSON
        match message:
            case {"type": "subscribe", "id": str(id_), "payload": dict(payload)} if id_:
                await self._subscribe(id_, payload, group)
            case {"type": "complete", "id": str(id_)}:
                if id_ in self._operations:
                    self._operations.pop(id_).cancel()
            case {"type": "ping"}:
                await self._send({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "connection_init"}:
                raise Closing(TOO_MANY_INITS, "Too many initialisation requests")
            case _:
                raise Closing(INVALID, "Invalid message")

    async def _subscribe(self, id_: str, payload: dict[str, Any], group: TaskGroup) -> None:  # Any: JSON
        if id_ in self._operations:
            raise Closing(ALREADY_SUBSCRIBED, f"Subscriber for {id_} already exists")
        if len(self._operations) >= MAX_OPERATIONS:
            raise Closing(INVALID, f"More than {MAX_OPERATIONS} operations at once")
        try:
            operation = requested(payload, self._services.known_queries)
        except BadRequest as error:
            raise Closing(INVALID, str(error)) from None
        except SegueError as error:
            await self._send({"id": id_, "type": "error", "payload": [entry(error)]})
            return
        scope = self._operations[id_] = anyio.CancelScope()
        group.start_soon(self._run, id_, operation, scope)

    async def _run(
        self,
        id_: str,
        operation: Requested,
        scope: anyio.CancelScope,
    ) -> None:
        with scope:
            context = Context.of(self._services, self._socket, self._authorization)
            query, _, name = operation
            seen = Seen(request_ids.begin(None), operation=name_of(query, name))
            seen.lasts = type_of(query, name) is OperationType.SUBSCRIPTION
            try:
                async with aclosing(stream(*operation, context, no_mutations=True)) as answers:
                    async for answer in answers:
                        seen.answered(answer)
                        if "data" not in answer:
                            await self._send({"id": id_, "type": "error", "payload": answer["errors"]})
                            break
                        await self._send({"id": id_, "type": "next", "payload": answer})
                    else:
                        await self._send({"id": id_, "type": "complete"})
            except WebSocketDisconnect:
                pass  # whoever receives is told as well
            finally:
                seen.role = context.role.lower()
                self._services.observer.answered(seen)
                if self._operations.get(id_) is scope:
                    del self._operations[id_]

    async def _receive(self) -> dict[str, Any]:  # Any: JSON
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1006))
        text = received.get("text") or ""
        if len(text) > MAX_BODY_BYTES:
            raise Closing(TOO_BIG, "Message too big")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closing(INVALID, "Invalid message")
        return message

    async def _send(self, message: Formatted) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())


def _is_trusted(socket: WebSocket, services: Services) -> bool:
    """Whether no web page of elsewhere asks: browsers let every page open a WebSocket anywhere, and say which."""
    origin = socket.headers.get("origin")
    return (
        origin is None
        or origin in services.trusted_origins
        or urlsplit(origin).netloc.lower() == socket.headers.get("host", "").lower()
    )
