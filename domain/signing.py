"""Signed, stateless texts: links that expire and the ids of anonymous lists (HMAC-SHA-256)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

MAC_BYTES = 16


class Signer:
    """Signs with the newest of several keys and verifies with all, so that a key can be replaced without a break.

    `purpose` is signed along, so that a text signed for one use is worthless for another.
    """

    def __init__(self, keys: list[bytes]) -> None:
        if not keys:
            raise ValueError("a signer needs a key")
        self._keys = keys

    def sign(self, purpose: str, text: str) -> str:
        """A URL-safe token that holds `text` readably (not secretly) and its signature."""
        return _urlsafe(text.encode()) + "." + _urlsafe(_mac(self._keys[0], purpose, text))

    def verify(self, purpose: str, token: str) -> str | None:
        """The text that was signed for this purpose; None for anything else."""
        body, _, signature = token.partition(".")
        try:
            text = _from_urlsafe(body).decode()
            mac = _from_urlsafe(signature)
        except (ValueError, binascii.Error):
            return None
        genuine = [hmac.compare_digest(mac, _mac(key, purpose, text)) for key in self._keys]
        return text if any(genuine) else None


def _mac(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{purpose}\0{text}".encode(), hashlib.sha256)[:MAC_BYTES]


def _urlsafe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_urlsafe(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
