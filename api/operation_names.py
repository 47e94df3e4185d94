"""What operations are called where they are counted.

Clients choose the names, and a stranger may send a new one with every request; so the first so many are counted by
name, and the rest together.
"""

from __future__ import annotations

MAX_NAMES = 60
# Longer ones are cut: they go into every line of the log.
LONGEST = 60
UNNAMED = "(unnamed)"
OTHERS = "(others)"
# Nothing could be made of the request: no operation was read from it.
UNREAD = "(none)"


class OperationNames:
    """The names that one process counts by."""

    def __init__(self, maximum: int = MAX_NAMES) -> None:
        self._maximum = maximum
        self._known: set[str] = set()

    def counted(self, name: str) -> str:
        """The name itself, or what it is counted under."""
        if name in self._known or name.startswith("("):
            return name
        if len(self._known) >= self._maximum:
            return OTHERS
        self._known.add(name)
        return name
