"""What is known of a request once it is answered: counted, and one line in the log."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass, field
from typing import Literal

from api.emf import NAMESPACE, emf_line
from api.errors import INTERNAL, Formatted
from api.metrics import Counter, Histogram
from api.operation_names import UNREAD, OperationNames
from domain.errors.machine import Overloaded

logger = logging.getLogger("segue.api.requests")

# OK; an expected error among the answer; refused before anything ran; turned away for too much load; our own fault.
Outcome = Literal["ok", "error", "refused", "shed", "failed"]


@dataclass(slots=True)
class Seen:
    """One request. `started` is of `time.perf_counter`; `cost` as the limits count it, where they do; `lasts`: it is
    answered for as long as something goes on."""

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    operation: str = UNREAD
    outcome: Outcome = "ok"
    code: str | None = None
    cost: int | None = None
    role: str | None = None
    lasts: bool = False

    def answered(self, response: Formatted) -> None:
        """Read outcome and cost off the answer."""
        extensions = response.get("extensions")
        if extensions:
            cost = extensions.get("cost")
            self.cost = cost if isinstance(cost, int) else None
        if response.get("errors"):
            self.outcome, self.code = outcome_of(response)

    def turned_away(self) -> None:
        self.outcome, self.code = "shed", Overloaded.code


def outcome_of(response: Formatted) -> tuple[Outcome, str | None]:
    """What became of a request with errors, and the weightiest one's code."""
    codes = [error.get("extensions", {}).get("code") for error in response["errors"]]
    if Overloaded.code in codes:
        return "shed", Overloaded.code
    if INTERNAL in codes:
        return "failed", INTERNAL
    return ("error" if "data" in response else "refused"), codes[0]


class Observer:
    """Counts the requests of one process. `in_cloud`: the metrics go out with each line, as CloudWatch reads them, and
    lie there in `namespace`."""

    def __init__(self, *, in_cloud: bool, namespace: str | None = None) -> None:
        self._in_cloud = in_cloud
        self._namespace = namespace or NAMESPACE
        self._names = OperationNames()
        self.requests = Counter("segue_requests_total", "Requests by operation and outcome.", ("operation", "outcome"))
        self.errors = Counter("segue_errors_total", "Requests with errors, by the first one's code.", ("code",))
        self.seconds = Histogram("segue_request_seconds", "How long requests took.", ("operation",))
        self.cost = Counter("segue_request_cost_total", "What requests cost, as the limits count it.", ("operation",))

    def answered(self, seen: Seen) -> None:
        """Count a request, and say what became of it."""
        seconds = time.perf_counter() - seen.started
        operation = self._names.counted(seen.operation)
        self.requests.add(operation, seen.outcome)
        if not seen.lasts:
            self.seconds.add(operation, amount=seconds)
        if seen.cost:
            self.cost.add(operation, amount=seen.cost)
        if seen.code:
            self.errors.add(seen.code)
        if self._in_cloud:
            # Not through the log: CloudWatch wants the line as it is.
            sys.stdout.write(emf_line(seen, operation, seconds, self._namespace) + "\n")
        elif logger.isEnabledFor(logging.INFO):
            logger.info(
                "%s: %s in %.1f ms",
                seen.operation,
                seen.outcome,
                seconds * 1e3,
                extra={
                    "operation": seen.operation,
                    "outcome": seen.outcome,
                    "code": seen.code,
                    "cost": seen.cost,
                    "duration_ms": round(seconds * 1e3, 2),
                    "role": seen.role,
                    "request_id": seen.request_id,
                },
            )
