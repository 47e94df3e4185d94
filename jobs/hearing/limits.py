"""What one recording may cost, and how a process gives up the rest of the machine."""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace
from pathlib import Path

from domain.settings import Settings
from domain.spaces import BackendFacts

# A recording, the file around it once more for its tags, the pipes; and a few that Python opens for a moment. Some
# programs have more open when they are confined, such as those with a GPU.
OPEN_FILES = 16


@dataclass(frozen=True)
class Limits:
    """What hearing or reading one recording may cost.

    `memory_bytes` of address space beyond that of the loaded program and backend; `longest_seconds` of audio;
    `stall_seconds` without any progress. Altogether it may take `stall_seconds`, and `pace` seconds for each second of
    audio that has been heard.
    """

    memory_bytes: int = 768 * 2**20
    longest_seconds: float = 12 * 3600.0
    stall_seconds: float = 60.0
    pace: float = 4.0

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            memory_bytes=settings.decoder_memory_mb * 2**20,
            longest_seconds=settings.longest_recording_hours * 3600,
            stall_seconds=settings.decoder_stall_seconds,
        )

    def of_backend(self, facts: BackendFacts) -> Limits:
        """These limits, with room for what one batch of a backend takes."""
        return replace(self, memory_bytes=self.memory_bytes + facts.working_memory_mb * 2**20)

    def allowed_seconds(self, heard_seconds: float) -> float:
        """Time that so much audio may have taken."""
        return self.stall_seconds + self.pace * heard_seconds


def confine(memory_bytes: int) -> None:
    """Take from this process, for good, what it does not need to decode: see `Limits.memory_bytes`.

    It can write no file, leave no core, keep few files open and, unless it is root's, start no thread or process.
    Memory is limited where the system says how much there is in use already (Linux).
    """
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        in_use = int(statistics.read_text().split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, in_use + memory_bytes)
    _lower(resource.RLIMIT_NOFILE, max(OPEN_FILES, _highest_descriptor() + OPEN_FILES // 2))
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def _highest_descriptor() -> int:
    listed = Path("/dev/fd")  # on Linux and macOS
    return max((int(entry.name) for entry in listed.iterdir()), default=0) if listed.is_dir() else 0


def _lower(kind: int, limit: int) -> None:
    _, hard = resource.getrlimit(kind)
    lowered = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (lowered, lowered))
