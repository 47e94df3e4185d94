"""Paths as text that every database, message and terminal accepts, and that still opens the file.

File names are bytes; most are UTF-8 and are kept as they are. A byte that is not becomes `\\xHH`, and a backslash is
doubled so that the way back is unambiguous.
"""

from __future__ import annotations

import os
import re
from pathlib import Path


def path_to_text(path: Path) -> str:
    """`path` as valid Unicode: `na\\xefve.flac` for a name that is Latin-1 on disk."""
    escaped = os.fspath(path).replace("\\", "\\\\")
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in escaped)


def path_from_text(text: str) -> Path:
    """The path that `path_to_text` made `text` of."""
    return Path(re.sub(r"\\(?:\\|x([89a-f][0-9a-f]))", lambda m: chr(0xDC00 + int(m[1], 16)) if m[1] else "\\", text))
