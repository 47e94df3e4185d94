"""The role of this process in AWS, as Lambda and Fargate tell it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from domain.errors.deployment import DatabaseLoginFailed
from sql.iam_token import Credentials

# Where containers ask for the keys of their role. It is not encrypted, and reaches no further than the machine.
CONTAINER_HOST = "http://169.254.170.2"
TIMEOUT_SECONDS = 5
# Keys are renewed so long before they end: AWS gives out new ones by then.
MARGIN = timedelta(minutes=5)


class Role:
    """Gives the credentials of this process, and asks for new ones before those that it has end."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._lock = Lock()
        self._held: tuple[Credentials, datetime] | None = None

    def credentials(self, now: datetime) -> Credentials:
        """Those that hold at `now`: Lambda puts them into the environment, and lets no process outlive them; a
        container asks for them. Raises DatabaseLoginFailed."""
        environment = self._environment
        if "AWS_ACCESS_KEY_ID" in environment and "AWS_SECRET_ACCESS_KEY" in environment:
            return Credentials(
                environment["AWS_ACCESS_KEY_ID"],
                environment["AWS_SECRET_ACCESS_KEY"],
                environment.get("AWS_SESSION_TOKEN"),
            )
        with self._lock:
            if self._held is None or now >= self._held[1] - MARGIN:
                self._held = self._ask()
            return self._held[0]

    def _ask(self) -> tuple[Credentials, datetime]:
        if path := self._environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
            address = urlsplit(CONTAINER_HOST + path)
        elif (url := self._environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")).startswith("http://"):
            address = urlsplit(url)
        else:
            raise DatabaseLoginFailed(reason="this process has no role: it runs neither on Lambda nor on ECS")
        # Only here: Lambda, which has to start quickly, never asks.
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", f"{address.path}?{address.query}" if address.query else address.path)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            if answer.status != 200:
                raise DatabaseLoginFailed(reason=f"the role's keys were refused with status {answer.status}")
            ends = datetime.fromisoformat(told["Expiration"]).astimezone(UTC)
            return Credentials(told["AccessKeyId"], told["SecretAccessKey"], told["Token"]), ends
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            raise DatabaseLoginFailed(reason=f"the role's keys cannot be had: {error!r}") from error
        finally:
            connection.close()
