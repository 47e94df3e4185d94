"""How recordings are cut, to the sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.spaces import BACKENDS
from ml.backends.windows import batches, windows

# At 1 Hz a sample is a second.
FACTS = replace(BACKENDS["random"], sample_rate=1, patch_seconds=5.0, min_patch_seconds=2.0)
OVERLAPPING = replace(FACTS, overlap_seconds=2.0)
WHOLE_ONLY = replace(FACTS, min_patch_seconds=None)


def counted(count: int) -> list[float]:
    return [float(number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("facts", "samples", "expected"),
    [
        (FACTS, 10, [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]),
        (FACTS, 11, [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]),  # one second is too short
        (FACTS, 12, [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]),
        (FACTS, 3, [[1, 2, 3]]),
        (FACTS, 1, [[1, 0]]),  # silence after it
        (FACTS, 0, []),
        (WHOLE_ONLY, 9, [[1, 2, 3, 4, 5]]),
        (WHOLE_ONLY, 3, [[1, 2, 3, 0, 0]]),
        (OVERLAPPING, 5, [[1, 2, 3, 4, 5]]),  # 4 and 5 were heard already
        (OVERLAPPING, 6, [[1, 2, 3, 4, 5], [4, 5, 6]]),
        (OVERLAPPING, 8, [[1, 2, 3, 4, 5], [4, 5, 6, 7, 8]]),
        (OVERLAPPING, 9, [[1, 2, 3, 4, 5], [4, 5, 6, 7, 8], [7, 8, 9]]),
    ],
)
@pytest.mark.parametrize("block", [1, 4, 100])
def test_windows(facts: object, samples: int, expected: list[list[float]], block: int) -> None:
    music = np.array(counted(samples), np.float32)
    blocks = [music[start : start + block] for start in range(0, samples, block)]
    assert [window.tolist() for window in windows(blocks, facts)] == expected  # type: ignore[arg-type]


def test_windows_of_one_length_go_together() -> None:
    cut = [np.full(length, number, np.float32) for number, length in enumerate([4, 4, 4, 3])]
    assert [batch.tolist() for batch in batches(cut, 2)] == [
        [[0, 0, 0, 0], [1, 1, 1, 1]],
        [[2, 2, 2, 2]],
        [[3, 3, 3]],
    ]
