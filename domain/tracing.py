"""What traces need of whoever collects them. Nothing is traced unless somebody does."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class Tracer(Protocol):
    def span(self, name: str, attributes: Mapping[str, str] | None = None) -> AbstractContextManager[object]:
        """A span that lasts as long as the block, below the one that surrounds it, and keeps what is raised in it."""
        ...
