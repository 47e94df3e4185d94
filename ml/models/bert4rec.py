"""BERT4REC: items of a history are hidden and told from all others by what surrounds them.

Sun et al., "BERT4Rec: sequential recommendation with bidirectional encoder representations from transformer", CIKM
2019; with `objective="causal"` SASRec (Kang and McAuley, ICDM 2018), which predicts what follows each item. Both are
trained by the cross-entropy of a softmax, full or sampled, which is what they need to be good (Klenitskiy and Vasilev,
"Turning dross into gold loss", RecSys 2023). The output is tied to the items' vectors, which come from content: a track
that nobody has heard can be recommended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch.nn import functional

from ml.models import cooccurrence, fitting, personal_popularity
from ml.models.fitted import Fitted
from ml.models.fitting import Towers
from ml.models.items import Items
from ml.models.stretches import Rows, Stretches
from ml.models.transformer import SequenceEncoder
from ml.serving.artefact import ModelFacts
from ml.training.loop import Schedule

if TYPE_CHECKING:
    from ml.training.data import TrainingData
    from ml.training.watch import Watch


@dataclass(frozen=True, slots=True)
class Bert4RecConfig:
    """`mask` is the share of items that are hidden, `last` that of rows that end somewhere and whose newest item alone
    is, as it is when the model is used. `recency` is how fast the attention of masks falls with distance. `negatives`
    are drawn for each batch; 0: a softmax over all items. `learned` adds a vector of its own to hot items; a `cold`
    share of items does without it in each batch. What was heard before is no wrong answer, unless it may well be heard
    `again`: lists leave it out. Without content the vectors begin as a factorization of what is heard
    within a `window` of items. `temperature` divides scores: cosines, in which `personal_popularity`, from 0 to 1, is
    the share of how often the listener heard an item; ask for as much when the model serves. The metric is asked for
    after every `every` epochs, on at most `validated` cases."""

    objective: Literal["masked", "causal"] = "masked"
    dimension: int = 64
    blocks: int = 2
    heads: int = 2
    hidden: int = 128
    dropout: float = 0.3
    max_history: int = 50
    mask: float = 0.2
    last: float = 0.5
    recency: float = 0.0
    negatives: int = 500
    learned: bool = True
    window: int = 50
    cold: float = 0.3
    again: bool = False
    temperature: float = 0.1
    personal_popularity: float = 0.0
    batch: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: int = 50
    epochs: int = 30
    patience: int = 5
    every: int = 1
    validated: int = 5000


class Bert4Rec(Towers[Rows]):
    """The items with their tower, and the query encoder. A target is told from the `others` (others,)."""

    encoder: SequenceEncoder
    others: torch.Tensor

    def __init__(self, config: Bert4RecConfig, data: TrainingData, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.items = Items(data, config.dimension, generator, learned=config.learned)
        if self.items.learned is not None and data.catalogue.content is None:
            together = cooccurrence.vectors(
                data.histories, len(data.catalogue), config.dimension, config.window, generator
            )
            with torch.no_grad():
                # What was heard alone keeps what was drawn.
                self.items.learned.copy_(torch.where(together.any(dim=1, keepdim=True), together, self.items.learned))
        self.encoder = SequenceEncoder(
            config.dimension,
            blocks=config.blocks,
            heads=config.heads,
            hidden=config.hidden,
            dropout=config.dropout,
            places=config.max_history + 1,
            masked=config.objective == "masked",
            recency=config.recency,
        )
        self.encoder.begin(generator)
        # That nobody heard a cold item says nothing against it, where content speaks for it.
        hot = self.items.hot if data.catalogue.content is not None else torch.ones_like(self.items.hot)
        self.register_buffer("others", hot.nonzero()[:, 0], persistent=False)

    def loss(self, rows: Rows, generator: torch.Generator) -> torch.Tensor:
        vectors = self.items.as_if_cold(self.config.cold, generator)
        if self.config.objective == "masked":
            weights, asked = hidden(rows.weights, self.config.mask, self.config.last, generator)
            queries = self.encoder.at_masks(vectors[rows.items], weights, asked)
            targets, before, given = rows.items[asked], rows.items, weights * ~asked
        else:
            asked = rows.weights[:, 1:] > 0
            before, given = rows.items[:, :-1], torch.where(asked, rows.weights[:, :-1], 0)
            queries = self.encoder.after_each(vectors[before], given)
            targets = rows.items[:, 1:][asked]
        heard = popular = None
        if not self.config.again or self.config.personal_popularity:
            row, place = asked.nonzero(as_tuple=True)
            items, seen = before[row], given[row]  # (asked, length)
            if self.config.objective == "causal":
                seen = seen * (torch.arange(seen.shape[1], device=seen.device) <= place[:, None])
            if not self.config.again:
                heard = seen.new_zeros(len(items), len(vectors)).scatter_add_(1, items, seen) > 0
            if self.config.personal_popularity:
                popular = personal_popularity.scores(items, seen, len(vectors))
        return self._cross_entropy(queries, targets, vectors, popular, heard, generator)

    def _cross_entropy(
        self,
        queries: torch.Tensor,
        targets: torch.Tensor,
        vectors: torch.Tensor,
        popular: torch.Tensor | None,
        heard: torch.Tensor | None,
        generator: torch.Generator,
    ) -> torch.Tensor:
        others = self.others
        if not 0 < self.config.negatives < len(others):
            logits = self._logits(queries @ vectors.T, popular)  # (asked, items)
            left_out = torch.ones_like(logits, dtype=torch.bool).index_fill_(1, others, False)
            if heard is not None:
                left_out |= heard
            left_out.scatter_(1, targets[:, None], False)
            return functional.cross_entropy(logits.masked_fill(left_out, -torch.inf), targets)
        drawn = others[torch.randint(len(others), (self.config.negatives,), generator=generator).to(vectors.device)]
        right = self._logits(
            (queries * vectors[targets]).sum(dim=1, keepdim=True),
            None if popular is None else popular.gather(1, targets[:, None]),
        )
        wrong = self._logits(queries @ vectors[drawn].T, None if popular is None else popular[:, drawn])
        # Each of those drawn stands for several items.
        wrong = wrong + float(np.log(len(others) / self.config.negatives))
        left_out = drawn[None] == targets[:, None]
        if heard is not None:
            left_out = left_out | heard[:, drawn]
        wrong = wrong.masked_fill(left_out, -torch.inf)
        return functional.cross_entropy(torch.cat([right, wrong], dim=1), torch.zeros_like(targets))

    def _logits(self, cosines: torch.Tensor, popular: torch.Tensor | None) -> torch.Tensor:
        gain = self.config.personal_popularity
        scores = cosines if popular is None else (1 - gain) * cosines + gain * popular
        return scores / self.config.temperature


def hidden(
    weights: torch.Tensor, share: float, last: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """`weights` (rows, length), 0 where a row has ended, and which items are hidden, (rows, length): a `share` of each
    row's, at least one. A `last` share of rows ends at a place that is drawn, where just the newest item is hidden."""
    counted, places = weights.cpu() > 0, torch.arange(weights.shape[1])[None]
    drawn = torch.rand(counted.shape, generator=generator).masked_fill(~counted, 2)
    masks = (drawn < share) | (drawn == drawn.min(dim=1, keepdim=True).values)
    lengths = counted.sum(dim=1, keepdim=True)
    newest = 1 + (torch.rand(len(counted), 1, generator=generator) * (lengths - 1)).long()  # from the second on
    ends = torch.rand(len(counted), 1, generator=generator) < last
    masks = torch.where(ends, places == newest, masks).to(weights.device)
    return weights * (~ends | (places <= newest)).to(weights.device), masks


def fit(data: TrainingData, config: Bert4RecConfig, watch: Watch) -> Fitted:
    """Trains on the CPU or, where there is one, on a GPU. Raises TrainingCancelled."""
    facts = ModelFacts(
        strategy="BERT4REC",
        dimension=config.dimension,
        content_dimension=fitting.content_dimension(data),
        max_history=config.max_history,
        variant=config.objective,
    )
    # Logs are often sorted by how active users are: some of all.
    order = np.random.default_rng(watch.seed).permutation(len(data.validation))
    validated = data.validation.where(order < config.validated)
    schedule = Schedule(
        config.epochs, config.patience, config.learning_rate, config.weight_decay, config.warmup, config.every
    )
    return fitting.fit(
        lambda generator: Bert4Rec(config, data, generator),
        Stretches(data.histories, config.max_history + 1),
        replace(data, validation=validated),
        facts,
        config,
        watch,
        schedule,
    )
