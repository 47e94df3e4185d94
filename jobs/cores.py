"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

# A container's share of the machine: microseconds of computing in a period of so many, "max" without a limit.
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def available_cores(quota: Path = QUOTA) -> int:
    """The cores that this process is allowed, which may be fewer than the machine has; at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit, period = quota.read_text().split()
    except (OSError, ValueError):
        return allowed
    return allowed if limit == "max" else max(1, min(allowed, int(limit) // int(period)))
