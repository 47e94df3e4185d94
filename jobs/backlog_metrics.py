"""Tells CloudWatch how much work waits: workers are started and stopped by that.

In a line of its embedded metric format on standard output, where it reads it by itself, so that a function without a
way out of its network can tell it, too.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
import time

from sql.queue.backlog import Backlog

METRICS = [
    {"Name": "JobsWaiting", "Unit": "Count"},
    {"Name": "ItemsWaiting", "Unit": "Count"},
    {"Name": "OldestJobSeconds", "Unit": "Seconds"},
]


def metrics_line(namespace: str, backlog: Backlog) -> str:
    """One JSON object, without dimensions: each would be a metric of its own, which is paid for."""
    about = {"Namespace": namespace, "Dimensions": [[]], "Metrics": METRICS}
    return json.dumps(
        {
            "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [about]},
            "JobsWaiting": backlog.jobs,
            "ItemsWaiting": backlog.items,
            "OldestJobSeconds": round(backlog.oldest_seconds, 1),
        }
    )


def tell(namespace: str, backlog: Backlog) -> None:
    """Not through the log: CloudWatch wants the line as it is."""
    sys.stdout.write(metrics_line(namespace, backlog) + "\n")
    sys.stdout.flush()
