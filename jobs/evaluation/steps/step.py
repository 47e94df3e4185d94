"""One step of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.evaluation.parts import Part, key_of

Parts = Mapping[str, Part]
# What a step calls now and then: it raises when the run is not to go on, and may say how far the step is.
Told = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """`work(parts, told)` finds a part, from those of earlier steps, by name. `about` is all that its result depends
    on: a part that was found for the same is taken over. `weight` is how many seconds it is expected to take, beside
    those of other steps. With `keep` False it is worked out each time, as measured times are. With `joins` it looks at
    what earlier steps found, and waits for all of them; any other can be done by itself, in any order."""

    name: str
    about: Mapping[str, Any]  # Any: JSON
    work: Callable[[Parts, Told], Part]
    weight: float = 1.0
    keep: bool = True
    joins: bool = False
    after: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        return key_of(self.name, self.about)
