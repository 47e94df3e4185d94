"""Relay ids: opaque to clients, `Type:key` in base64 to us."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from uuid import UUID

from domain.errors.asking import InvalidId

# A `bigint` has no more; Python refuses to read numbers of thousands of digits.
MAX_DIGITS = 19


# A list of twenty has sixty ids, most of them of the same albums and composers as the one before. 5 MB at most.
@lru_cache(maxsize=20_000)
def encode(kind: str, key: int | str) -> str:
    """The id of one node: `encode("Track", 7)` is "VHJhY2s6Nw=="."""
    return base64.b64encode(f"{kind}:{key}".encode()).decode("ascii")


def decode(node_id: str) -> tuple[str, str]:
    """Type and key of an id. Raises InvalidId for anything `encode` does not make."""
    try:
        kind, colon, key = base64.b64decode(node_id, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise InvalidId(id=shortened(node_id)) from None
    if not (kind and colon and key):
        raise InvalidId(id=shortened(node_id))
    return kind, key


def decode_key(kind: str, node_id: str) -> int:
    """The `bigint` key of an id that must be of type `kind`. Raises InvalidId, also beyond `bigint`."""
    found, key = decode(node_id)
    if found != kind or not (key.isascii() and key.isdigit()) or len(key) > MAX_DIGITS or int(key) >= 2**63:
        raise InvalidId(id=shortened(node_id))
    return int(key)


def decode_uuid(kind: str, node_id: str) -> UUID:
    """The random key of an id that must be of type `kind`. Raises InvalidId."""
    found, key = decode(node_id)
    try:
        if found != kind:
            raise ValueError("of another type")
        return UUID(key)
    except ValueError:
        raise InvalidId(id=shortened(node_id)) from None


def shortened(text: str) -> str:
    """`text` as an error message may quote it: printable, and not longer than a line."""
    printable = "".join(c if c.isprintable() else "�" for c in text[:61])
    return printable if len(printable) <= 60 else printable[:60] + "…"
