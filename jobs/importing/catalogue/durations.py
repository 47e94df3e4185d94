"""Lengths of recordings as catalogues write them, to be compared with what the recordings are."""

from __future__ import annotations

import re

# A catalogue counts whole seconds, often to the end of a file's last silence. Half a percent is how much a wrong sample
# rate of a tape does at least.
TOLERANCE_SECONDS = 2.0
TOLERANCE_SHARE = 0.005

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)")
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(ms|msec|milliseconds?|s|sec|secs|seconds?|min|mins|minutes?)?\.?")
_WORDS = re.compile(
    r"(?:pt)?(?:(\d+)\s*h(?:ours?|rs?)?)?\s*(?:(\d+)\s*m(?:in(?:utes?|s)?)?)?\s*(?:(\d+(?:[.,]\d+)?)\s*s(?:ec(?:onds?|s)?)?)?"
)


def read_durations(text: str) -> tuple[float, ...]:
    """What `text` can mean, in seconds: "0:07:51" and "PT7M51S" one length, "7:51" minutes or hours, a bare number
    seconds or milliseconds. Nothing where it is no length."""
    line = text.strip().casefold()
    if clock := _CLOCK.fullmatch(line):
        hours, minutes, seconds = int(clock[1] or 0), int(clock[2]), _float(clock[3])
        whole = hours * 3600 + minutes * 60 + seconds
        return (whole,) if clock[1] else (whole, whole * 60)
    if number := _NUMBER.fullmatch(line):
        value = _float(number[1])
        unit = (number[2] or "")[:2]
        if unit == "ms" or (number[2] or "").startswith("milli"):
            return (value / 1000,)
        if unit == "mi":
            return (value * 60,)
        return (value,) if unit else (value, value / 1000)
    words = _WORDS.fullmatch(line)
    if words and any(words.groups()):
        return (int(words[1] or 0) * 3600 + int(words[2] or 0) * 60 + _float(words[3] or "0"),)
    return ()


def agrees(said: tuple[float, ...], seconds: float) -> bool:
    """Whether a recording of `seconds` may be what the catalogue says, within 2 s or half a percent."""
    tolerance = max(TOLERANCE_SECONDS, TOLERANCE_SHARE * seconds)
    return any(abs(one - seconds) <= tolerance for one in said)


def clock(seconds: float) -> str:
    """ "0:07:51"."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _float(number: str) -> float:
    return float(number.replace(",", "."))
