"""Jukebox, which learned to compose (Dhariwal et al., arXiv 2005.00341), read where it understands most of music
(Castellon, Donahue and Liang, "Codified audio language modeling learns useful representations for music information
retrieval", ISMIR 2021): layer 36 of the 72 of its largest prior.

Music becomes codes, 344.5 a second; the prior, told of no artist and no genre, hears 8,192 of them (23.8 s). A vector
is the mean over time of what the layer says. Each window is made as loud as full scale, as in the published extraction.
Only the needed half of the prior is kept: 2.5 billion parameters, in half precision as they were published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import nn

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.jukebox_codec import CODE_SAMPLES, Codec, needed_for_codes
from ml.backends.jukebox_transformer import SparseTransformer
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

CODEC, PRIOR = "vqvae.pth.tar", "prior_level_2.pth.tar"

SAMPLE_RATE = 44_100
HEADS, BLOCKS = 8, 128
# Between what lengths it was told of songs in training, in seconds, and what it is told of each: 62 s, of which it
# hears the beginning.
SHORTEST, LONGEST = 60.0, 600.0
TOLD = 62 * SAMPLE_RATE // CODE_SAMPLES * CODE_SAMPLES
UNKNOWN = 0

LAYER = re.compile(r"prior\.transformer\._attn_mods\.(\d+)\.")
HEARD_WITH = ("prior.x_emb.", "prior.pos_emb.", "prior.transformer.", "y_emb.")


class Places(nn.Module):
    """Numbers within a range, by the part of it in which they lie."""

    def __init__(self, parts: int, width: int, least: float, most: float) -> None:
        super().__init__()
        self.least, self.most = least, most
        self.emb = nn.Embedding(parts, width)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """(count,) to (count, width)."""
        share = (numbers - self.least) / (self.most - self.least)
        output: torch.Tensor = self.emb((self.emb.num_embeddings * share).floor().long())
        return output


class Names(nn.Module):
    """Artists, or genres, by number."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.emb = nn.Embedding(count, width)


class Labels(nn.Module):
    """What the prior is told beside the codes: an unknown artist's music of unknown genre, from its beginning."""

    def __init__(self, genres: int, artists: int, parts: int, width: int) -> None:
        super().__init__()
        self.bow_genre_emb = Names(genres, width)
        self.artist_emb = Names(artists, width)
        self.total_length_emb = Places(parts, width, SHORTEST * SAMPLE_RATE, LONGEST * SAMPLE_RATE)
        self.absolute_pos_emb = Places(parts, width, 0.0, LONGEST * SAMPLE_RATE)
        self.relative_pos_emb = Places(parts, width, 0.0, 1.0)

    def start(self) -> torch.Tensor:
        """What stands before the first code: (width,)."""
        output: torch.Tensor = self.bow_genre_emb.emb.weight[UNKNOWN] + self.artist_emb.emb.weight[UNKNOWN]
        return output

    def times(self, codes: int, context: int) -> torch.Tensor:
        """What is added to the first of `context` codes: (codes, width)."""
        device = self.artist_emb.emb.weight.device
        share = torch.arange(codes, device=device, dtype=torch.float32) / context
        end = torch.tensor(float(context * CODE_SAMPLES), device=device)
        total = torch.tensor([float(TOLD)], device=device)
        output: torch.Tensor = (
            self.total_length_emb(total)
            + self.absolute_pos_emb(end * share)
            + self.relative_pos_emb(end / total * share)
        )
        return output


class Prior(nn.Module):
    """Codes to what a layer says of them."""

    def __init__(self, bins: int, context: int, width: int, transformer: SparseTransformer) -> None:
        super().__init__()
        self.x_emb = nn.Embedding(bins, width)
        self.pos_emb = nn.ParameterDict({"pos_emb": nn.Parameter(torch.zeros(context, width))})
        self.transformer = transformer

    def forward(self, codes: torch.Tensor, start: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """(windows, codes) to (windows, codes, width): of each code with those before it."""
        before = self.x_emb(codes[:, :-1])
        frames = torch.cat([start.expand(len(codes), 1, -1), before], dim=1)
        output: torch.Tensor = self.transformer(frames + self.pos_emb["pos_emb"][: codes.shape[1]] + times)
        return output


class Jukebox(nn.Module):
    """The codec and the prior up to one of its layers, at the size of two checkpoints' tensors; a `Network`."""

    def __init__(self, codec: Mapping[str, torch.Tensor], prior: Mapping[str, torch.Tensor], layer: int) -> None:
        """Parameters have the shapes, not yet the values, of those in both."""
        super().__init__()
        bins, width = prior["prior.x_emb.weight"].shape
        context = len(prior["prior.pos_emb.pos_emb"])
        first = "prior.transformer._attn_mods.0."
        of_attention = prior[f"{first}attn.c_proj.w"].shape[0] if layer else HEADS
        inner = prior[f"{first}mlp.c_fc.w"].shape[1] if layer else 1
        transformer = SparseTransformer(width, of_attention, inner, HEADS, context // BLOCKS, layer)
        genres, artists, parts = (
            len(prior[f"y_emb.{name}.emb.weight"]) for name in ("bow_genre_emb", "artist_emb", "absolute_pos_emb")
        )
        self.codec = Codec(codec)
        self.prior = Prior(bins, context, width, transformer)
        self.y_emb = Labels(genres, artists, parts, width)
        self.context = context

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) at 44.1 kHz to (windows, codes, width), one for 128 samples; see `Network`."""
        loudest = samples.abs().amax(dim=1, keepdim=True)
        codes = self.codec(samples / torch.where(loudest > 0, loudest, 1.0))
        frames: torch.Tensor = self.prior(codes, self.y_emb.start(), self.y_emb.times(codes.shape[1], self.context))
        return frames


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises as `ml.backends.registry.load` does."""
    device = choose_device(facts, means.device)
    folder = require(means.weights, facts)
    layer = facts.layers if facts.layer is None else facts.layer
    codec = needed_for_codes(read_state(folder / CODEC))
    prior = needed_for_layer(read_state(folder / PRIOR), layer)
    try:
        with torch.device("meta"):  # it takes the tensors of the file for its own: there must not be two of them
            network = Jukebox(codec, prior, layer)
    except (KeyError, ValueError) as error:
        raise WeightsDamaged(path=folder, reason=f"they are not those of Jukebox (without {error})") from error
    fill(network.codec, codec, folder / CODEC, take=True)
    fill(network, prior | {f"codec.{name}": tensor for name, tensor in codec.items()}, folder / PRIOR, take=True)
    return TorchBackend(facts, network.eval().to(device), device, means.threads)


def needed_for_layer(state: Mapping[str, torch.Tensor], layer: int) -> dict[str, torch.Tensor]:
    """Of a checkpoint's tensors those that are heard with up to `layer`."""
    plain = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    return {
        name: tensor
        for name, tensor in plain.items()
        if name.startswith(HEARD_WITH) and not ((found := LAYER.match(name)) and int(found[1]) >= layer)
    }
