"""A bottleneck adapter on frozen vectors, fine-tuned together with its linear head.

x + W₂ · gelu(W₁ · x), with W₂ zero at first, so that it begins as a linear probe (Houlsby et al., "Parameter-efficient
transfer learning for NLP", ICML 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.probes.probe import Task

BOTTLENECK = 32
STEPS = 100
LEARNING_RATE = 1e-2
WEIGHT_DECAY = 1e-2


class Adapter(nn.Module):
    def __init__(self, dimension: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Linear(dimension, BOTTLENECK)
        self.up = nn.Linear(BOTTLENECK, dimension)
        self.head = nn.Linear(dimension, outputs)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        moved = vectors + self.up(functional.gelu(self.down(vectors)))  # (examples, dimension)
        outputs: torch.Tensor = self.head(moved)
        return outputs


def adapted(
    task: Task,
    vectors: NDArray[np.float64],
    truth: NDArray[np.float64],
    asked: NDArray[np.float64],
    classes: int,
    seed: int,
) -> NDArray[np.float64]:
    """Fine-tune on the examples `vectors` (examples, dimension) and their `truth`, and answer for `asked` (asked,
    dimension); shapes and tasks as in `ml.evaluation.probes.probe.predict`."""
    centre, spread = (truth.mean(), truth.std() or 1.0) if task == "number" else (0.0, 1.0)
    target = torch.from_numpy((truth - centre) / spread).float()
    known = torch.from_numpy(vectors).float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Adapter(vectors.shape[1], classes if task == "classes" else 1 if task == "number" else truth.shape[1])
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    for _ in range(STEPS):
        optimizer.zero_grad()
        _loss(task, model(known), target).backward()  # type: ignore[no-untyped-call]  # torch's own
        optimizer.step()
    with torch.no_grad():
        outputs = model(torch.from_numpy(asked).float()).double().numpy()
    if task == "classes":
        return np.asarray(outputs.argmax(axis=1), np.float64)
    return np.asarray(outputs[:, 0] * spread + centre if task == "number" else outputs)


def _loss(task: Task, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    if task == "classes":
        return functional.cross_entropy(outputs, target.long())
    if task == "number":
        return functional.mse_loss(outputs[:, 0], target)
    return functional.binary_cross_entropy_with_logits(outputs, target)
