"""What commands say: on stdout, one line at a time, as fit for a pipe as for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from domain.paths import path_to_text

if TYPE_CHECKING:
    from rich.console import Console


@cache
def console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, soft_wrap=True)


def say(line: str = "", *, style: str | None = None) -> None:
    """One line. `style` is Rich's, and shows on terminals only."""
    console().print(one_line(line), style=style)


def say_code(text: str) -> None:
    """Lines to be copied as they are."""
    console().print(text)


def say_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    rows = list(fields)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        say(f"{name:<{width}}  {value}".rstrip())


def say_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns that are as wide as they must be, so that no value is ever cut."""
    lines = [list(header), *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for number, line in enumerate(lines):
        text = "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        say(text.rstrip(), style="bold" if number == 0 else None)


def one_line(text: str) -> str:
    """`text` without line breaks and control characters: a file's name must not steer a terminal."""
    flat = " ".join(text.split("\n"))
    return "".join("�" if unicodedata.category(c) in ("Cc", "Cs") else c for c in flat)


def shown(path: Path) -> str:
    """A path as a message names it; below the current folder without the way there."""
    with suppress(ValueError, OSError):
        path = path.relative_to(Path.cwd())
    return path_to_text(path)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """ "1 track", "2,040 tracks"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """ "45 s", "3 min", "24.9 hours"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6_000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:,.1f} hours"


def amount(size: int) -> str:
    """ "640 kB", "3 MB", "1.2 GB"; of bytes."""
    if size < 1_000_000:
        return f"{-(-size // 1_000):,} kB"
    if size < 1_000_000_000:
        return f"{size / 1_000_000:,.0f} MB"
    return f"{size / 1_000_000_000:,.1f} GB"
