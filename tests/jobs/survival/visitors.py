"""Visitors of a served archive, who ask on and on and keep what they were told."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

PANEL = """
    query Panel($id: ID!) {
        track(id: $id) { title durationSeconds }
        recommendSimilar(trackId: $id, first: 5) { items { score track { title } } fallbackReason }
    }
"""
CATALOGUE = "{ tracks(first: 3) { totalCount edges { node { title } } } spaces { name } }"
FOLLOW = "subscription Follow($id: ID!) { jobProgress(jobId: $id) { status done total } }"
JOBS = "{ jobs(first: 3) { edges { node { status done total } } } }"


@dataclass(frozen=True)
class Answer:
    """When a visitor asked (of `time.monotonic`), how long it took (seconds) and what came of it: HTTP status and the
    codes of GraphQL's errors, or the name of what broke the connection off."""

    asked_at: float
    seconds: float
    status: int | str
    codes: tuple[str, ...]
    retryable: bool

    @property
    def good(self) -> bool:
        return self.status == 200 and not self.codes


class Visitors:
    """Ask one address for the panel, the catalogue and jobs, each from a thread of its own, until the block is left."""

    def __init__(self, url: str, track_id: str) -> None:
        self.answers: list[Answer] = []
        self._url = url
        self._leaving = threading.Event()
        operations = ((PANEL, {"id": track_id}), (CATALOGUE, {}), (JOBS, {}))
        self._threads = [threading.Thread(target=self._ask, args=one, daemon=True) for one in operations]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        for thread in self._threads:
            thread.join()

    def codes(self) -> Counter[str]:
        """How often each code was answered; "OK" where there was none."""
        return Counter(code for answer in self.answers for code in answer.codes or ("OK",))

    def _ask(self, query: str, variables: dict[str, str]) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._leaving.wait(0.02):
                self.answers.append(ask(client, self._url, query, variables))


class Follower:
    """Follows a job over server-sent events, from a thread of its own, until the stream ends."""

    def __init__(self, url: str, job_id: str) -> None:
        self.told: list[dict[str, Any]] = []
        self.completed = False
        self._url, self._job_id = url, job_id
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(10 if kind is None else 0)

    def _follow(self) -> None:
        body = {"query": FOLLOW, "variables": {"id": self._job_id}}
        accept = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{self._url}/graphql", json=body, headers=accept, timeout=60) as answer:
            for line in answer.iter_lines():
                if line == "event: complete":
                    self.completed = True
                elif line.startswith("data: {"):
                    self.told.append(json.loads(line.removeprefix("data: ")))


def ask(client: httpx.Client, url: str, query: str, variables: dict[str, str]) -> Answer:
    started = time.monotonic()
    errors: list[dict[str, Any]] = []
    status: int | str
    try:
        response = client.post(f"{url}/graphql", json={"query": query, "variables": variables})
        status = response.status_code
        if response.headers["content-type"] == "application/json":
            errors = response.json().get("errors", [])
        else:
            status = f"{status} {response.headers['content-type']}"
    except httpx.HTTPError as error:
        status = type(error).__name__
    told = [error["extensions"] for error in errors]
    codes = tuple(extensions["code"] for extensions in told)
    retryable = all(extensions.get("retryable") for extensions in told)
    return Answer(started, time.monotonic() - started, status, codes, retryable)
