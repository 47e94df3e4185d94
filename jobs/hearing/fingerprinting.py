"""The work that a confined process does to tell recordings of the same signal: it makes their fingerprints."""

from __future__ import annotations

from pathlib import Path

from jobs.hearing.answers import pack_fingerprint
from jobs.hearing.decoding import Work, watched
from ml.audio import decode
from ml.backends.protocol import Means
from ml.container import Watch
from ml.fingerprint import SAMPLE_RATE, fingerprint


def fingerprinting(backend: str | None, means: Means) -> Work:
    """Make fingerprints; there is nothing to load."""
    return take


def take(path: Path, watch: Watch) -> tuple[dict[str, object], bytes]:
    """The fingerprint of a recording. Raises as `ml.audio.decode` does."""
    return pack_fingerprint(fingerprint(watched(decode(path, SAMPLE_RATE), SAMPLE_RATE, watch)))
