from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.alignment import longest_overlap
from ml.fingerprint import FRAME_SAMPLES, SAMPLE_RATE, Fingerprint, fingerprint
from tests.ml.melodies import melody

# Edges are found to a frame's length, which is half a second.
FRAME = FRAME_SAMPLES / SAMPLE_RATE

A, B, C = (melody(40, SAMPLE_RATE, seed) for seed in (1, 2, 3))


def part(samples: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
    return samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def printed(*parts: NDArray[np.float32]) -> Fingerprint:
    return fingerprint(parts)


def test_a_recording_is_all_of_itself() -> None:
    found = longest_overlap(printed(A), printed(A))
    assert found is not None
    # The last frame begins half a second before the end.
    assert (found.start, found.other_start, found.errors) == (0, 0, 0)
    assert abs(found.end - 40) <= FRAME


def test_a_trim_shifts_it() -> None:
    found = longest_overlap(printed(A), printed(part(A, 1.3, 39)))
    assert found is not None
    assert found.start - found.other_start == pytest.approx(1.3, abs=0.02)
    assert found.seconds == pytest.approx(37.7, abs=2 * FRAME)


@pytest.mark.parametrize("start", [0.0, 7.77, 20.0])
def test_an_excerpt_in_a_medley_is_found_where_it_is(start: float) -> None:
    medley = printed(part(B, 0, 15), part(A, start, start + 18) * np.float32(0.3), part(C, 0, 15))
    found = longest_overlap(printed(A), medley)
    assert found is not None
    assert (found.start, found.end) == pytest.approx((start, start + 18), abs=1.5)
    assert (found.other_start, found.other_end) == pytest.approx((15, 33), abs=1.5)
    turned = longest_overlap(medley, printed(A))
    assert turned is not None
    assert turned.other_start - turned.start == pytest.approx(found.start - found.other_start, abs=0.04)


def test_the_end_of_one_is_the_beginning_of_the_other() -> None:
    found = longest_overlap(printed(part(A, 0, 30)), printed(part(A, 15, 40), part(B, 0, 20)))
    assert found is not None
    assert (found.start, found.end, found.other_start) == pytest.approx((15, 30, 0), abs=1.5)


@pytest.mark.parametrize("other", [B, melody(40, SAMPLE_RATE, 1, tempo=1.05), part(A, 10, 18)])
def test_no_overlap(other: NDArray[np.float32]) -> None:
    """Other notes, the same notes in another tempo, and less than ten seconds in common."""
    assert longest_overlap(printed(A), printed(other)) is None


def test_pauses_have_nothing_in_common() -> None:
    pause = np.zeros(30 * SAMPLE_RATE, np.float32)
    assert longest_overlap(printed(pause), printed(pause)) is None
    assert longest_overlap(printed(part(A, 0, 12), pause), printed(part(B, 0, 12), pause)) is None


def test_nothing_has_nothing_in_common() -> None:
    assert longest_overlap(printed(), printed(A)) is None
