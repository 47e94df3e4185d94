"""What a module must offer to carry messages."""

from __future__ import annotations

from typing import Protocol

import dramatiq


class Opener(Protocol):
    """A module of this package. More than a broker's own interface is not asked of it: who lives and what is under
    way is kept in our own tables, the same for all.
    """

    def client(self, url: str, /) -> dramatiq.Broker:
        """For a process that only asks for jobs. Enqueuing raises a `Retryable` within seconds."""

    def worker(self, url: str, /, silence_seconds: float = ...) -> dramatiq.Broker:
        """For a worker process. What one held that has been silent for so long comes back to the others."""
