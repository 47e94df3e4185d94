"""Measures untrusted recordings, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from domain.errors.recordings import UnusableAudio
from jobs.hearing.answers import Measured
from jobs.hearing.confined import NONSENSE, ConfinedProcess
from jobs.hearing.limits import Limits

MEASURING = "jobs.hearing.measuring:measuring"


class Measurer:
    """Measures tempo and loudness; its process starts with the first recording and ends with the block.

    Not for use by two threads at once.
    """

    def __init__(self, limits: Limits) -> None:
        self.process = ConfinedProcess(limits=limits, work=MEASURING)

    def __enter__(self) -> Measurer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close()

    def measure(self, path: Path) -> Measured:
        """Tempo and loudness of a recording. Raises as `ConfinedProcess.ask` does."""
        header, _ = self.process.ask(path)
        if not isinstance(header, Measured):
            self.process.close()
            raise UnusableAudio(path=path, reason=NONSENSE)
        return header
