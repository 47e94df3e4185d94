"""Takes the fingerprints of untrusted recordings, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from domain.errors.recordings import UnusableAudio
from jobs.hearing.answers import Printed, unpack_fingerprint
from jobs.hearing.confined import NONSENSE, ConfinedProcess
from jobs.hearing.limits import Limits
from jobs.hearing.wire import MalformedMessage
from ml.fingerprint import Fingerprint

FINGERPRINTING = "jobs.hearing.fingerprinting:fingerprinting"


class Fingerprinter:
    """Makes fingerprints; its process starts with the first one and ends with the block.

    Not for use by two threads at once.
    """

    def __init__(self, limits: Limits, work: str = FINGERPRINTING) -> None:
        self.process = ConfinedProcess(limits=limits, work=work)

    def __enter__(self) -> Fingerprinter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close()

    def take(self, path: Path) -> Fingerprint:
        """The fingerprint of a recording. Raises as `ConfinedProcess.ask` does."""
        header, payload = self.process.ask(path)
        try:
            if not isinstance(header, Printed):
                raise MalformedMessage
            return unpack_fingerprint(header, payload)
        except MalformedMessage:
            self.process.close()
            raise UnusableAudio(path=path, reason=NONSENSE) from None
