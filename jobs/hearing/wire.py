"""Messages from a confined process: a header in JSON and raw bytes, nothing that could run code here.

Whoever decodes untrusted files may have been taken over by one, so whatever arrives is measured before it is kept.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import NamedTuple

PREFIX = struct.Struct(">II")  # bytes of the header, bytes of the payload
MAX_HEADER_BYTES = 4 * 2**20
MAX_PAYLOAD_BYTES = 256 * 2**20
READ_BYTES = 65_536


class Message(NamedTuple):
    """`header` is JSON that nobody has looked at yet."""

    header: bytes
    payload: bytes


class MalformedMessage(Exception):
    """What arrived is no message."""


class Closed(Exception):
    """The other side is gone."""


def send(descriptor: int, header: dict[str, object], payload: bytes = b"") -> None:
    """Write a message whole."""
    text = json.dumps(header).encode()
    unsent = memoryview(PREFIX.pack(len(text), len(payload)) + text + payload)
    while unsent:
        unsent = unsent[os.write(descriptor, unsent) :]


class Inbox:
    """Reads messages off a pipe without ever waiting longer than asked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._received = bytearray()

    def receive(self, seconds: float) -> Message | None:
        """The next message, or None when none is complete within `seconds`. Raises MalformedMessage, Closed."""
        deadline = time.monotonic() + seconds
        while (message := self._complete()) is None:
            wait = deadline - time.monotonic()
            if wait <= 0 or not self._poll.poll(wait * 1000):
                return None
            arrived = os.read(self._descriptor, READ_BYTES)
            if not arrived:
                raise Closed
            self._received += arrived
        return message

    def _complete(self) -> Message | None:
        if len(self._received) < PREFIX.size:
            return None
        header, payload = PREFIX.unpack_from(self._received)
        if header > MAX_HEADER_BYTES or payload > MAX_PAYLOAD_BYTES:
            raise MalformedMessage
        end = PREFIX.size + header + payload
        if len(self._received) < end:
            return None
        whole = bytes(self._received[PREFIX.size : end])
        del self._received[:end]
        return Message(whole[:header], whole[header:])
