"""The public keys of an issuer of tokens (JWKS), fetched from where the settings say and kept.

No address ever comes from a token. A key that is not known may be new: the issuer is asked again for it, but not more
often than every `PAUSE_SECONDS`, whatever is sent here.
"""

from __future__ import annotations

import json
import logging
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from domain.errors.access import IssuerUnreachable
from domain.loopback import is_loopback

if TYPE_CHECKING:
    from jwt import PyJWK

logger = logging.getLogger("segue.api")

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = ("RS256", "ES256")
TIMEOUT_SECONDS = 5.0
MAX_BYTES = 500_000
# Keys are asked for again after an hour, and serve on for a day when the issuer cannot be reached.
FRESH_SECONDS = 3_600.0
USABLE_SECONDS = 86_400.0
PAUSE_SECONDS = 30.0
# While the issuer is asked. Each of them takes a place among the requests that are answered.
MOST_WAITING = 16


class IssuerKeys:
    """The keys of one issuer, by their ids. For one event loop."""

    def __init__(
        self, issuer: str, jwks_url: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._clock = clock
        self._lock = anyio.Lock()
        self._keys: list[PyJWK] = []
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")

    async def key(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """The key that a token names; without a name, the issuer's only one. None where there is none.

        Raises IssuerUnreachable while no keys are known, and where too many wait for the issuer's answer.
        """
        found = self._find(key_id, algorithm)
        if found is not None and self._age() < (USABLE_SECONDS if self._lock.locked() else FRESH_SECONDS):
            return found  # a known key serves on while the issuer is asked
        if self._lock.statistics().tasks_waiting >= MOST_WAITING:
            raise IssuerUnreachable(reason="too many wait for what it is asked already")
        async with self._lock:
            if self._find(key_id, algorithm) is None or self._age() >= FRESH_SECONDS:
                await self._refresh()
        if self._age() >= USABLE_SECONDS:
            raise IssuerUnreachable(reason="it did not answer when it was asked last")
        return self._find(key_id, algorithm)

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        fitting = [
            key for key in self._keys if key.algorithm_name == algorithm and (key_id is None or key.key_id == key_id)
        ]
        return fitting[0] if len(fitting) == 1 else None

    async def _refresh(self) -> None:
        now = self._clock()
        if now - self._tried_at < PAUSE_SECONDS:
            return
        self._tried_at = now
        try:
            self._keys = await anyio.to_thread.run_sync(self._fetch)
        except IssuerUnreachable as error:
            logger.warning("%s", error)
            return
        self._fetched_at = now

    def _fetch(self) -> list[PyJWK]:
        """Raises IssuerUnreachable."""
        url = self._jwks_url or self._discovered()
        keys = _read(url).get("keys")
        if not isinstance(keys, list):
            raise IssuerUnreachable(reason=f"{url} holds no keys")
        return [key for key in map(_usable, keys) if key is not None]

    def _discovered(self) -> str:
        url = self._issuer.rstrip("/") + DISCOVERY
        document = _read(url)
        found = document.get("jwks_uri")
        if document.get("issuer") != self._issuer:
            raise IssuerUnreachable(reason=f"{url} speaks for another issuer")
        if not isinstance(found, str) or not _is_safe(found, self._issuer):
            raise IssuerUnreachable(reason=f"{url} names no address of keys that may be used")
        return found


def _is_safe(url: str, issuer: str) -> bool:
    """Whether keys may come from there: over TLS, or, where the issuer itself is on this machine, from this machine."""
    parts, own = urlsplit(url), urlsplit(issuer)
    on_this_machine = is_loopback(parts.hostname) and is_loopback(own.hostname)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and on_this_machine))


def _usable(data: object) -> PyJWK | None:
    """A key for signatures that we check; None for any other, such as a shared secret."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC") or data.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(data)
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if key.algorithm_name in ALGORITHMS else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes an answer that sends us elsewhere for the error that it is."""

    def redirect_request(self, *_arguments: Any) -> None:  # Any: urllib's own
        return None


def _read(url: str) -> dict[str, Any]:  # Any: JSON
    """A JSON object. Raises IssuerUnreachable."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            content = answer.read(MAX_BYTES + 1)
    except HTTPError as error:
        error.close()
        raise IssuerUnreachable(reason=f"{url} answers with status {error.code}") from error
    except (OSError, HTTPException) as error:
        raise IssuerUnreachable(reason=f"{url}: {error}") from error
    if len(content) > MAX_BYTES:
        raise IssuerUnreachable(reason=f"{url} holds more than {MAX_BYTES} bytes")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise IssuerUnreachable(reason=f"{url} holds no JSON") from error
    if not isinstance(document, dict):
        raise IssuerUnreachable(reason=f"{url} holds no JSON object")
    return document
