"""Work for a confined process that hears with a small network on torch."""

from __future__ import annotations

from dataclasses import replace

import torch

from domain.spaces import BACKENDS
from jobs.hearing.decoding import Listening
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend

FACTS = replace(BACKENDS["random"], dimension=64, patch_seconds=5.0, segment_patches=3, batch_patches=4)


class Layers(torch.nn.Module):
    """Large enough that torch shares its work among threads."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.first = torch.nn.Conv1d(1, 64, 400, stride=160)
        self.second = torch.nn.Linear(64, 64)
        for parameter in self.parameters():
            torch.nn.init.normal_(parameter, std=0.1, generator=generator)
        self.eval()

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        frames: torch.Tensor = self.second(torch.relu(self.first(samples[:, None])).transpose(1, 2))
        return frames


def backend(threads: int) -> TorchBackend:
    return TorchBackend(FACTS, Layers(), torch.device("cpu"), threads)


def hearing(name: str | None, means: Means) -> Listening:
    return Listening(backend(means.threads))
