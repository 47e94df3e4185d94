"""Where one recording holds the same signal as another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.fingerprint import BITS, FRAME_SECONDS, Fingerprint

# What two recordings share at least, to be the same signal there; within it no such stretch may have more than
# MAX_ERRORS of its bits different. Chance makes a half; 55 encodings of rendered tracks had up to 0.13.
LEAST_SECONDS = 10.0
MAX_ERRORS = 0.3

# Frames in which a stretch is looked at to find its edges (1.5 s); it may shrink by a tenth.
CLOSELY = 48
STILL = 0.9

# Shifts that are looked at closely: those at which most agrees for their length.
SHIFTS = 6
# Frames overlap, so that neighbouring shifts agree nearly as well.
NEIGHBOURS = 8


@dataclass(frozen=True)
class Overlap:
    """A stretch of seconds `start` to `end` that is in another recording `other_start` seconds after its beginning.
    `errors` is the share of bits that differ, 0 to MAX_ERRORS."""

    start: float
    end: float
    other_start: float
    errors: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def other_end(self) -> float:
        return self.other_start + self.seconds


def longest_overlap(one: Fingerprint, other: Fingerprint) -> Overlap | None:
    """The longest stretch of `one` that is in `other`, None where there is none of LEAST_SECONDS.

    All shifts are compared at once, as a correlation through Fourier transforms.
    """
    least = round(LEAST_SECONDS / FRAME_SECONDS)
    if min(len(one.words), len(other.words)) < least:
        return None
    found = [_longest_run(one, other, shift, least) for shift in _likely_shifts(one, other, least)]
    return max((overlap for overlap in found if overlap), key=lambda overlap: overlap.seconds, default=None)


def _likely_shifts(one: Fingerprint, other: Fingerprint, least: int) -> list[int]:
    """Frames to go forward from a frame of `one` to the same in `other`."""
    length = 1 << (len(one.words) + len(other.words) - 1).bit_length()
    shared = np.zeros(length // 2 + 1, np.complex128)
    for bit in range(BITS):
        first, second = (np.fft.rfft(_signs(printed, bit), length) for printed in (one, other))
        shared += np.conj(first) * second
    agreeing = np.fft.irfft(shared, length)
    heard = [np.fft.rfft(printed.heard.astype(np.float32), length) for printed in (one, other)]
    compared = np.fft.irfft(np.conj(heard[0]) * heard[1], length) * BITS
    # By how many standard deviations of chance more bits agree than differ.
    sureness = np.where(compared >= least * BITS / 2, agreeing / np.sqrt(np.maximum(compared, 1)), -np.inf)
    shifts = []
    for _ in range(SHIFTS):
        place = int(sureness.argmax())
        if sureness[place] <= 0:
            break
        shifts.append(place if place < len(other.words) else place - length)
        sureness[np.arange(place - NEIGHBOURS, place + NEIGHBOURS + 1) % length] = -np.inf
    return shifts


def _signs(printed: Fingerprint, bit: int) -> NDArray[np.float32]:
    """A bit of every frame as 1 or −1, and 0 where there is silence."""
    signs: NDArray[np.float32] = ((printed.words >> np.uint32(bit)) & np.uint32(1)).astype(np.float32) * 2 - 1
    signs[~printed.heard] = 0
    return signs


def _longest_run(one: Fingerprint, other: Fingerprint, shift: int, least: int) -> Overlap | None:
    begin, end = max(0, -shift), min(len(one.words), len(other.words) - shift)
    if end - begin < least:
        return None
    ours, theirs = slice(begin, end), slice(begin + shift, end + shift)
    wrong = np.bitwise_count(one.words[ours] ^ other.words[theirs]) / BITS
    heard = one.heard[ours] & other.heard[theirs]
    sums = np.stack([np.cumsum([0.0, *np.where(heard, wrong, 0.0)]), np.cumsum([0.0, *heard])])  # (2, frames + 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], _good(sums, least), [False]]).astype(np.int8)))
    runs = [(int(first), int(last) + least - 1) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    if not runs:
        return None
    first, last = max(runs, key=lambda run: run[1] - run[0])
    # A stretch that is good as a whole may begin and end with what is not: the edges are found by a closer look.
    good = np.flatnonzero(_good(sums[:, first : last + 1], CLOSELY))
    if len(good):
        first, last = first + int(good[0]), first + int(good[-1]) + CLOSELY
    if last - first < least * STILL:
        return None
    different, compared = sums[:, last] - sums[:, first]
    return Overlap(
        (begin + first) * FRAME_SECONDS,
        (begin + last) * FRAME_SECONDS,
        (begin + first + shift) * FRAME_SECONDS,
        float(different / max(compared, 1.0)),
    )


def _good(sums: NDArray[np.float64], length: int) -> NDArray[np.bool_]:
    """Which stretches of `length` frames are the same: few bits differ in what is heard of it, at least half of it.
    In silence nothing agrees and nothing differs."""
    errors, frames = sums[:, length:] - sums[:, :-length]
    good: NDArray[np.bool_] = (errors <= MAX_ERRORS * frames) & (frames >= length / 2)
    return good
