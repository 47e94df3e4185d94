"""A backend that hears untrusted recordings, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from domain.errors.recordings import UnusableAudio
from domain.spaces import backend_facts
from jobs.hearing.answers import Heard, Hearing, unpack_hearing
from jobs.hearing.confined import DECODING, NONSENSE, ConfinedProcess, never
from jobs.hearing.limits import Limits
from jobs.hearing.wire import MalformedMessage


class Ear:
    """A backend by name, loaded in a process that may take from the machine what `limits` allow and no more.

    Not for use by two threads at once; make one for each.
    """

    def __init__(
        self,
        backend: str,
        *,
        threads: int,
        limits: Limits,
        device: str = "auto",
        weights: Path | None = None,
        work: str = DECODING,
    ) -> None:
        """Raises BackendNotFound, LayerNotFound. Nothing is started yet."""
        self.facts = backend_facts(backend)
        self._limits = limits.of_backend(self.facts)
        self.process = ConfinedProcess(
            limits=self._limits, backend=backend, threads=threads, device=device, weights=weights, work=work
        )

    @property
    def device(self) -> str:
        """What the backend computes on, once it is loaded."""
        return self.process.device

    def start(self) -> None:
        """Load the backend unless it is loaded. Raises as `ConfinedProcess.start` does."""
        self.process.start()

    def hear(self, path: Path, interrupted: Callable[[], bool] = never) -> Hearing:
        """Decode a recording, embed it and draw its outline. Raises as `ConfinedProcess.ask` does."""
        header, payload = self.process.ask(path, interrupted)
        try:
            if not isinstance(header, Heard):
                raise MalformedMessage
            return unpack_hearing(self.facts, header, payload, self._limits.longest_seconds)
        except MalformedMessage:
            self.process.close()
            raise UnusableAudio(path=path, reason=NONSENSE) from None

    def close(self) -> None:
        """End the process."""
        self.process.close()
