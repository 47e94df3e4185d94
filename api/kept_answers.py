"""Answers that caches may keep, kept here, too: what everybody gets alike is made once in that time.

Only answers to GET that `api.caching` declares public are kept, for as long as it says, and handed out with what is
left of that time. What a curator changes through this process is seen at once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

MAX_BYTES = 16_000_000
# A larger one is made anew: it would push out a hundred panels.
LARGEST_BYTES = 100_000
# What an answer takes beside its body.
OVERHEAD_BYTES = 1_000

Address = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`until`, so many `seconds` after it was made, is of `time.monotonic`; `operation` and `cost` are what the answer
    was counted as."""

    body: bytes
    headers: dict[str, str]
    seconds: int
    until: float
    operation: str
    cost: int | None

    def response(self, known: str | None) -> Response:
        """As it was made, or 304 for a client that has it already (`known`: its If-None-Match)."""
        left = max(0, int(self.until - time.monotonic()))
        # The rest of what caches are told stays.
        told = self.headers["Cache-Control"].replace(f"max-age={self.seconds}", f"max-age={left}")
        headers = self.headers | {"Cache-Control": told}
        if known and self.headers["ETag"] in (tag.strip() for tag in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type="application/json")


class KeptAnswers:
    """Those of one process, the oldest let go first."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Address, KeptAnswer] = OrderedDict()

    def find(self, request: Request) -> KeptAnswer | None:
        """The answer to this request, if it is one that everybody gets alike, and still holds."""
        if not _may_have_it(request):
            return None
        address = _address(request)
        found = self._kept.get(address)
        if found is not None and found.until <= time.monotonic():
            self._forget(address)
            return None
        return found

    def keep(self, request: Request, response: Response, seconds: int, operation: str, cost: int | None) -> None:
        """Keep a whole answer that is public for so many seconds."""
        body = bytes(response.body)
        if response.status_code != 200 or len(body) > LARGEST_BYTES or not _may_have_it(request):
            return
        address = _address(request)
        self._forget(address)
        headers = {name: response.headers[name] for name in ("Cache-Control", "ETag", "Vary")}
        self._kept[address] = KeptAnswer(body, headers, seconds, time.monotonic() + seconds, operation, cost)
        self._bytes += _size(address, self._kept[address])
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._kept)))

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0

    def _forget(self, address: Address) -> None:
        gone = self._kept.pop(address, None)
        if gone is not None:
            self._bytes -= _size(address, gone)


def _may_have_it(request: Request) -> bool:
    headers = request.headers
    accepted = headers.get("accept", "")
    return (
        request.method == "GET"
        and "authorization" not in headers
        and "text/html" not in accepted
        and "text/event-stream" not in accepted
    )


def _address(request: Request) -> Address:
    """The host belongs to it: an answer may hold addresses of ours."""
    scope = request.scope
    return f"{scope['scheme']}://{request.headers.get('host', '')}", scope["path"], scope["query_string"]


def _size(address: Address, answer: KeptAnswer) -> int:
    return len(answer.body) + sum(map(len, address)) + OVERHEAD_BYTES
