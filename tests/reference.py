"""Reference data beside the project, which need not be there: the reference archive and the published logs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("SEGUE_REFERENCE_DATA") or Path(__file__).parents[2] / "shared")
# Such a test is skipped everywhere where the data is not, also where nothing else may be.
NOT_HERE = "reference data is not here: "


def reference(*parts: str) -> Path:
    """A file of the reference data; the test is skipped, with a line, where it is not there."""
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{NOT_HERE}{'/'.join(parts)}. SEGUE_REFERENCE_DATA names its folder.")
    return path
