"""Answers as server-sent events: GraphQL over SSE, one operation for each connection."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.errors import Formatted

# A comment so often, so that no proxy takes the silence for the end.
BEAT_SECONDS = 15.0
BEAT = b":\n\n"
END = b"event: complete\ndata: \n\n"


class EventStream(Response):
    """Sends each answer as an event `next`, then `complete`. When the client goes, `answers` is closed."""

    def __init__(self, answers: AsyncGenerator[Formatted, None]) -> None:
        super().__init__(media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def body(part: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": part, "more_body": more})

        async def beat() -> None:
            while True:
                await anyio.sleep(BEAT_SECONDS)
                await body(BEAT)

        async def until_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        async with aclosing(self._answers) as answers, anyio.create_task_group() as group:
            group.start_soon(until_gone)
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            group.start_soon(beat)
            async for answer in answers:
                await body(b"event: next\ndata: " + orjson.dumps(answer) + b"\n\n")
            await body(END, more=False)
            group.cancel_scope.cancel()
