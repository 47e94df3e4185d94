"""One class per thing that can go wrong.

An error's docstring is its message, in one line however it is broken here: `{placeholders}` are filled from the
keyword arguments the error was raised with, which stay readable as `error.details`. `code` is stable and public
(GraphQL's `extensions.code`, the command line's last line). `Retryable` marks what may pass by itself; everything else
is final.
"""

from __future__ import annotations

from typing import Any, ClassVar


class SegueError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "SEGUE_ERROR"

    def __init__(self, **details: Any) -> None:  # Any: whatever the message names
        self.details = details
        super().__init__(type(self).wording().format(**details))

    @classmethod
    def wording(cls) -> str:
        """The message, its placeholders unfilled."""
        return " ".join((cls.__doc__ or "").split())


class Retryable(SegueError):
    """Something went wrong that may pass by itself."""
