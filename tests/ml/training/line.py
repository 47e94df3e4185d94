"""A training that takes a moment for each epoch, as a program that can be killed: `python -m … CHECKPOINT`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from ml.training.loop import Schedule, run
from ml.training.watch import Progress, Watch

EPOCHS = 12


class Line(nn.Module):
    """Fits y = 3x, with dropout, so that what is drawn shows in the result."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.5), nn.Linear(16, 8))
        for number, parameter in enumerate(self.parameters()):
            nn.init.constant_(parameter, 0.1 + number / 10)

    def losses(self, generator: torch.Generator) -> Iterator[torch.Tensor]:
        for _ in range(5):
            x = torch.randn(4, 8, generator=generator)
            yield (self.layers(x) - 3 * x).square().mean()

    def metric(self) -> float:
        x = torch.ones(1, 8)
        return -float((self.layers(x) - 3 * x).square().mean())


def trained(checkpoint: Path | None, seed: int = 5, report: list[Progress] | None = None) -> Line:
    module = Line()
    seen: list[Progress] = [] if report is None else report
    watch = Watch(seed=seed, checkpoint=checkpoint, report=seen.append)
    run(module, module.losses, module.metric, Schedule(EPOCHS, EPOCHS, 0.01, warmup=7), watch)
    return module


def main() -> None:
    """Says each epoch, and waits for a line before it goes on."""

    def report(progress: Progress) -> None:
        print(progress.epoch, flush=True)  # noqa: T201
        sys.stdin.readline()

    module = Line()
    watch = Watch(seed=5, checkpoint=Path(sys.argv[1]), report=report)
    run(module, module.losses, module.metric, Schedule(EPOCHS, EPOCHS, 0.01, warmup=7), watch)


if __name__ == "__main__":
    main()
