"""Looks at untrusted recordings without hearing them, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from domain.errors.recordings import UnusableAudio
from jobs.hearing.answers import Read, unpack_recording
from jobs.hearing.confined import DECODING, NONSENSE, ConfinedProcess
from jobs.hearing.limits import Limits
from ml.probe import Recording


class Reader:
    """Reads what recordings are; its process starts with the first one and ends with the block.

    Not for use by two threads at once.
    """

    def __init__(self, limits: Limits, work: str = DECODING) -> None:
        self.process = ConfinedProcess(limits=limits, work=work)

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close()

    def read(self, path: Path) -> tuple[Recording, bool]:
        """What a recording is, and whether it is silent. Raises as `ConfinedProcess.ask` does."""
        header, _ = self.process.ask(path)
        if not isinstance(header, Read):
            self.process.close()
            raise UnusableAudio(path=path, reason=NONSENSE)
        return unpack_recording(header)
