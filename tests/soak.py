"""How much of it a test does: a tenth in the suite, all of it in `make soak`."""

from __future__ import annotations

import os

import pytest

IS_SOAK = os.environ.get("SEGUE_SOAK") == "1"

# What such a test may take on a machine that others keep busy, too: elsewhere it takes a tenth of that.
patient = pytest.mark.timeout(0 if IS_SOAK else 1_200)


def scale(full: int) -> int:
    """`full` with SEGUE_SOAK=1, else a tenth of it, at least 1."""
    return full if IS_SOAK else max(1, full // 10)
