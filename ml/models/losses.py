"""What the towers are trained to lessen. Queries and items are of unit length: a score is a cosine."""

from __future__ import annotations

import torch
from torch.nn import functional

from ml.models.examples import Examples


def left_out(examples: Examples, hot: torch.Tensor) -> torch.Tensor:
    """(examples, items): True for what is no competitor of the target: what the history of an example holds, since
    heard tracks are left out of lists, and cold items, `hot` (items,) being False: that nobody heard them says nothing
    against them, and as everybody's negatives they would be pushed away from all listeners. The target itself stays."""
    mask = (~hot).repeat(len(examples), 1)
    rows, places = (examples.weights > 0).nonzero(as_tuple=True)
    mask[rows, examples.items[rows, places]] = True
    return mask.scatter_(1, examples.targets[:, None], False)


def softmax(scores: torch.Tensor, examples: Examples, hot: torch.Tensor, temperature: float) -> torch.Tensor:
    """Cross-entropy of the target against all hot items that were not heard; `scores` (examples, items) are cosines.

    `temperature` divides them. An example counts as much as its target weighs.
    """
    logits = (scores / temperature).masked_fill(left_out(examples, hot), -torch.inf)
    losses = functional.cross_entropy(logits, examples.targets, reduction="none")
    return _weighted(losses, examples)


def sampled_softmax(
    scores: torch.Tensor,
    examples: Examples,
    hot: torch.Tensor,
    temperature: float,
    negatives: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """The same against `negatives` items of each batch, drawn alike, instead of all."""
    drawn = torch.randint(scores.shape[1], (negatives,), generator=generator).to(scores.device)
    right = scores.gather(1, examples.targets[:, None])  # (examples, 1)
    excluded = left_out(examples, hot)[:, drawn] | (drawn[None] == examples.targets[:, None])
    logits = torch.cat([right, scores[:, drawn].masked_fill(excluded, -torch.inf)], dim=1) / temperature
    losses = functional.cross_entropy(logits, torch.zeros_like(examples.targets), reduction="none")
    return _weighted(losses, examples)


def margin(
    scores: torch.Tensor, examples: Examples, hot: torch.Tensor, by: float, negatives: int, generator: torch.Generator
) -> torch.Tensor:
    """Hinge: by how much less than `by` the target is nearer than each of `negatives` items drawn alike, the mean."""
    drawn = torch.randint(scores.shape[1], (negatives,), generator=generator).to(scores.device)
    right = scores.gather(1, examples.targets[:, None])
    excluded = left_out(examples, hot)[:, drawn] | (drawn[None] == examples.targets[:, None])
    short = functional.relu(by - right + scores[:, drawn]).masked_fill(excluded, 0)
    return _weighted(short.mean(dim=1), examples)


def info_nce(left: torch.Tensor, right: torch.Tensor, temperature: float) -> torch.Tensor:
    """Rows of `left` and `right` (items, dimension), of unit length, that belong together are told from those that do
    not, both ways (van den Oord et al. 2018; Radford et al. 2021)."""
    logits = left @ right.T / temperature
    same = torch.arange(len(left), device=left.device)
    return (functional.cross_entropy(logits, same) + functional.cross_entropy(logits.T, same)) / 2


def _weighted(losses: torch.Tensor, examples: Examples) -> torch.Tensor:
    return (losses * examples.target_weights).sum() / examples.target_weights.sum()
