"""How much of it a test does: a tenth in the suite, all of it in `make soak`."""

from __future__ import annotations

import os


def scale(full: int) -> int:
    """`full` with SEGUE_SOAK=1, else a tenth of it, at least 1."""
    return full if os.environ.get("SEGUE_SOAK") == "1" else max(1, full // 10)
