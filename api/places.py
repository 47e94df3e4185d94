"""A bounded number of places, for what lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors.curators import TooManySubscriptions


class Places:
    """At most `maximum` at once. For one event loop."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place while the block lasts. Raises TooManySubscriptions."""
        if self.taken >= self._maximum:
            raise TooManySubscriptions(maximum=self._maximum)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
