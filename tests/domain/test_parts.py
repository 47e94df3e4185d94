"""Any range of a track, from the parts in which it was heard: means by hand."""

from __future__ import annotations

import numpy as np
import pytest

from domain.parts import Parts, patch_parts

# Four patches of 3 s, one after the other.
PATCHES = patch_parts(3.0, 3.0, 0, np.array([(4, 0), (0, 2), (3, 4), (0, 6)], np.float16))


def unit(*values: float) -> list[float]:
    return list(np.array(values) / np.linalg.norm(values))


@pytest.mark.parametrize(
    ("start", "end", "sums"),
    [
        (0.0, 3.0, (4, 0)),  # a patch
        (1.0, 1.5, (4, 0)),  # within a patch
        (3.0, 9.0, (0 + 3, 2 + 4)),  # two whole ones
        (0.0, 12.0, (4 + 0 + 3 + 0, 0 + 2 + 4 + 6)),  # all: the track's vector
        (2.0, 5.0, (1 * 4 + 2 * 0, 1 * 0 + 2 * 2)),  # 1 s of the first, 2 s of the second
        (2.5, 6.5, (0.5 * 4 + 3 * 0 + 0.5 * 3, 0.5 * 0 + 3 * 2 + 0.5 * 4)),
        (11.0, 14.0, (0, 6)),  # what was too short to be a patch does not count
        (12.5, 14.0, (0, 6)),  # nor does it have a sound of its own
    ],
)
def test_a_range_is_the_mean_of_the_patches_it_covers(start: float, end: float, sums: tuple[float, float]) -> None:
    np.testing.assert_allclose(PATCHES.mean(start, end), unit(*sums), rtol=1e-6)


def test_where_patches_overlap_each_counts_by_what_it_shares() -> None:
    # 4 s long, one every 3 s: 0–4 and 3–7. From 2 to 5 there are 2 s of either.
    overlapping = patch_parts(4.0, 3.0, 0, np.array([(1, 0), (0, 1)], np.float16))
    np.testing.assert_allclose(overlapping.mean(2, 5), unit(2, 2), rtol=1e-6)
    # From 0 to 4 there are 4 s of the first and 1 s of the second.
    np.testing.assert_allclose(overlapping.mean(0, 4), unit(4, 1), rtol=1e-6)


def test_the_first_patch_need_not_be_that_of_the_track() -> None:
    later = patch_parts(3.0, 3.0, 2, np.array([(3, 4), (0, 6)], np.float16))
    for start, end in ((6.0, 9.0), (7.0, 11.5)):
        np.testing.assert_array_equal(later.mean(start, end), PATCHES.mean(start, end))


def test_parts_that_cancel_each_other_out_leave_no_direction() -> None:
    opposite = Parts(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([(1.0, 0.0), (-1.0, 0.0)]))
    assert list(opposite.mean(0, 2)) == [0.0, 0.0]
