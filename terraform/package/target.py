"""What a Lambda package is made for."""

from __future__ import annotations

from dataclasses import dataclass

# What wheels may ask of the C library. Amazon Linux 2023 has 2.34; ONNX Runtime asks for 2.28.
OLDEST_GLIBC, NEWEST_GLIBC = 17, 34
# Lambda runs Python from 3.12 on Amazon Linux 2023; its 3.11 stands on Amazon Linux 2, whose C library (2.26) is too
# old.
RUNTIMES = ("3.12", "3.13")
# Lambda's own limit of a function with its layers, unpacked, and how much of it may be used.
UNPACKED_LIMIT_BYTES = 250_000_000
MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """A machine and its Python: `architecture` as Lambda calls it, `machine` as wheels do, `python` such as "3.13"."""

    architecture: str
    machine: str
    python: str

    @property
    def platforms(self) -> list[str]:
        """The platform tags of wheels that run there, best first."""
        tags = [f"manylinux_2_{minor}_{self.machine}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
        return [*tags, f"manylinux2014_{self.machine}"]

    @property
    def runtime(self) -> str:
        """What Lambda calls the Python."""
        return f"python{self.python}"

    @property
    def is_deployable(self) -> bool:
        """Whether Lambda's runtime of this Python can load the libraries."""
        return self.python in RUNTIMES


MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
