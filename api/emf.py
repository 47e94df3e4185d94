"""Lines of log from which CloudWatch makes metrics: its embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson

from api.errors import UNREACHABLE
from domain.errors.base import SegueError

if TYPE_CHECKING:
    from api.observer import Seen

# Where nobody says.
NAMESPACE = "Segue"
# The codes that say that a database, a storage or an issuer does not answer.
NEEDED = frozenset(cls.code for cls in UNREACHABLE if issubclass(cls, SegueError))
METRICS = [
    {"Name": "Requests", "Unit": "Count"},
    {"Name": "Failed", "Unit": "Count"},
    {"Name": "Shed", "Unit": "Count"},
    {"Name": "Duration", "Unit": "Milliseconds"},
    {"Name": "Cost", "Unit": "None"},
]


def emf_line(seen: Seen, operation: str, seconds: float, namespace: str = NAMESPACE) -> str:
    """One request as one JSON object. `Failed` is what no visitor can help. `operation` is the name it is counted by,
    of which there are few; it is no dimension: each value of one would be five metrics that are paid for. What is no
    metric can be searched in the log."""
    metrics = METRICS if seen.cost is not None else METRICS[:-1]
    line = {
        "_aws": {
            "Timestamp": round(time.time() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics},
            ],
        },
        "Operation": operation,
        "Requests": 1,
        "Failed": int(seen.outcome == "failed" or seen.code in NEEDED),
        "Shed": int(seen.outcome == "shed"),
        "Duration": round(seconds * 1e3, 2),
        "level": "INFO",
        "name": seen.operation,
        "outcome": seen.outcome,
        "code": seen.code,
        "role": seen.role,
        "request_id": seen.request_id,
    }
    if seen.cost is not None:
        line["Cost"] = seen.cost
    return orjson.dumps(line).decode()
