"""Every error there is, by its code. `python -m api.error_table` writes docs/errors.md."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from pathlib import Path

import domain.errors
from api.errors import (
    BAD_REQUEST,
    BAD_USER_INPUT,
    EXPECTED,
    INTERNAL,
    INTERNAL_MESSAGE,
    PARSE_FAILED,
    UNREACHABLE,
    VALIDATION_FAILED,
)
from domain.errors.base import Retryable, SegueError

DOCUMENTED = Path(__file__).parents[1] / "docs" / "errors.md"

# What has no class: errors of GraphQL and HTTP themselves, and our own mistakes.
OF_THE_PROTOCOL = {
    BAD_REQUEST: "The request is no GraphQL request, or one that is not answered this way. The message says why.",
    BAD_USER_INPUT: "Variables do not fit the operation, or the operation's name is missing. Nothing was executed.",
    PARSE_FAILED: "The operation cannot be read, or is too long. Nothing was executed.",
    VALIDATION_FAILED: "The operation does not fit the schema, or is too large. Nothing was executed.",
    INTERNAL: f"{INTERNAL_MESSAGE} `requestId` is in the log of the service, with what happened.",
}
BEGINNING = """\
# Errors

Errors come in `errors[]` of a response. `extensions.code` is stable: programs go by it. The rest of `extensions` holds
the words in braces, and `retryable: true` where the same request may succeed in a moment; messages are for people and
may change. What is not in the first two tables is not told to clients but masked as `INTERNAL`: those errors are met on
the command line and in the log.

This page is made of the classes in `domain/errors/` by `python -m api.error_table`.
"""


def every_class() -> list[type[SegueError]]:
    """The class of each error, by its code."""
    found = set()
    for module in pkgutil.iter_modules(domain.errors.__path__, "domain.errors."):
        for _, value in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(value, SegueError) and value not in (SegueError, Retryable):
                found.add(value)
    return sorted(found, key=lambda cls: cls.code)


def page() -> str:
    """All of docs/errors.md."""
    told = {*EXPECTED, *UNREACHABLE}
    classes = every_class()
    return "\n".join(
        [
            BEGINNING,
            "## Of GraphQL and HTTP\n",
            *_table((code, text, False) for code, text in sorted(OF_THE_PROTOCOL.items())),
            "\n## Of Segue, told to clients\n",
            *_table((cls.code, _message(cls), issubclass(cls, Retryable)) for cls in classes if cls in told),
            "\n## Of Segue, on the command line\n",
            *_table((cls.code, _message(cls), issubclass(cls, Retryable)) for cls in classes if cls not in told),
            "",
        ]
    )


def _message(cls: type[SegueError]) -> str:
    return UNREACHABLE.get(cls) or cls.wording()


def _table(rows: Iterable[tuple[str, str, bool]]) -> list[str]:
    lines = ["| code | message | retryable |", "|---|---|---|"]
    for code, message, retryable in rows:
        escaped = message.replace("|", "\\|")
        lines.append(f"| `{code}` | {escaped} | {'yes' if retryable else ''} |")
    return lines


if __name__ == "__main__":
    DOCUMENTED.write_text(page(), encoding="utf-8")
