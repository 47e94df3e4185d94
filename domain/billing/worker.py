"""What a worker on Fargate is, does in an hour, and costs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from domain.billing.tables import measurements, prices
from domain.errors.billing import SpaceNotMeasured
from domain.spaces import backend_facts

# What decoding may take beside a network, and the system: domain/settings.py says 768 MB for the former.
BESIDE_MB = 1_024
# Memory of a task with so many cores, in GB.
MOST_GB = {1: 8, 2: 16, 4: 30}


@dataclass(frozen=True, slots=True)
class WorkerSize:
    cores: int
    memory_gb: int

    def hour(self, *, spot: bool) -> float:
        """Dollars, with the address that it has in a public subnet."""
        price = prices()["worker"]
        work = self.cores * price["core_hour"] + self.memory_gb * price["gb_hour"]
        return float(work * (price["spot_share"] if spot else 1) + price["address_hour"])


def worker_size(spaces: Iterable[str]) -> WorkerSize:
    """The smallest that can hear with each of these backends, and no smaller than the one deployed."""
    deployed = measurements()["worker"]
    needed = [deployed["memory_gb"], *(math.ceil((_memory_mb(space) + BESIDE_MB) / 1024) for space in spaces)]
    cores = next((cores for cores, most in MOST_GB.items() if cores >= deployed["cores"] and most >= max(needed)), 4)
    return WorkerSize(cores, max(needed))


def hearing_hours(space: str, hours: float, size: WorkerSize) -> float:
    """How long a worker takes to hear so many hours of music. Raises BackendNotFound and SpaceNotMeasured."""
    name = backend_facts(space).name
    rate = measurements()["spaces"]["rates"].get(name)
    if rate is None:
        raise SpaceNotMeasured(name=name, known=", ".join(measurements()["spaces"]["rates"]))
    return float(hours / (rate * size.cores))


def _memory_mb(space: str) -> float:
    name = backend_facts(space).name
    known = measurements()["spaces"]["memory_mb"]
    if name not in known:
        raise SpaceNotMeasured(name=name, known=", ".join(known))
    return float(known[name])
