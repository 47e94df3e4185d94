"""Looks at the pictures that recordings bring along, in a process of its own: they are as untrusted as those."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from domain.errors.recordings import UnusablePicture
from jobs.hearing.answers import Seen, unpack_picture
from jobs.hearing.confined import NONSENSE, ConfinedProcess, never
from jobs.hearing.limits import Limits
from jobs.hearing.wire import MalformedMessage
from ml.pictures import Picture

VIEWING = "jobs.hearing.viewing:viewing"


class Viewer:
    """Finds and checks pictures; its process starts with the first one and ends with the block.

    Not for use by two threads at once.
    """

    def __init__(self, limits: Limits, work: str = VIEWING) -> None:
        self.process = ConfinedProcess(limits=limits, work=work)

    def __enter__(self) -> Viewer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close()

    def look(self, path: Path, interrupted: Callable[[], bool] = never) -> Picture | None:
        """The picture of a recording or of an image file; None where a recording has none.

        Raises UnusablePicture, and what `ConfinedProcess.ask` raises.
        """
        header, payload = self.process.ask(path, interrupted)
        try:
            if not isinstance(header, Seen):
                raise MalformedMessage
            return unpack_picture(header, payload)
        except MalformedMessage:
            self.process.close()
            raise UnusablePicture(path=path, reason=NONSENSE) from None
