"""MuQ-MuLan's text tower: XLM-RoBERTa of `transformers`, a transformer above it, and a projection.

For the API, which has neither torch nor transformers, it is written as files that ONNX Runtime runs: see
`ml.serving.text_tower`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from transformers import XLMRobertaConfig, XLMRobertaModel

from domain.spaces import BackendFacts
from ml.backends.configuration import chosen, configured, read_configuration
from ml.backends.mulan_transformer import Tower
from ml.backends.muq_mulan import WEIGHTS, build_tower, read_joint
from ml.backends.torch_weights import fill
from ml.models.onnx_export import OPSET, check
from ml.serving.text_tower import DESCRIPTION, FILES, FORMAT, NETWORK, PIECES, TOKENIZER
from ml.weights import file_digest, require

ROBERTA_CONFIGURATION = "xlm-roberta.json"
ROBERTA_PREFIX = "text.model."
# What makes the network; everything else in its configuration is about training and other programs.
ARCHITECTURE = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
)
NOT_USED = ("pooler.", "embeddings.position_ids", "embeddings.token_type_ids")
# How many pieces the texts have that the written network is tried with.
EXAMPLE_PIECES = (7, 2, 40)
TOLERANCE = 1e-4


class TextNetwork(torch.nn.Module):
    """From the pieces of one text to its vector. `roberta` has no place for the vectors of pieces: they come in."""

    def __init__(self, roberta: XLMRobertaModel, tower: Tower) -> None:
        super().__init__()
        self.roberta = roberta
        self.tower = tower

    def forward(self, pieces: torch.Tensor) -> torch.Tensor:
        """The pieces' own vectors (1, pieces, width) to (1, dimension), of unit length."""
        vectors: torch.Tensor = self.tower(self.roberta(inputs_embeds=pieces).last_hidden_state)
        return vectors


def load(folder: Path, facts: BackendFacts) -> tuple[TextNetwork, torch.Tensor]:
    """The tower, and the vectors of all pieces (vocabulary, width). Raises WeightsDamaged."""
    path = folder / ROBERTA_CONFIGURATION
    settings = chosen(read_configuration(path), ARCHITECTURE)
    roberta = configured(
        lambda: XLMRobertaModel(XLMRobertaConfig(**settings), add_pooling_layer=False),
        path,
    )
    state = read_joint(folder)
    kept = {
        name.removeprefix(ROBERTA_PREFIX): tensor for name, tensor in state.items() if name.startswith(ROBERTA_PREFIX)
    }
    kept = {name: tensor for name, tensor in kept.items() if not name.startswith(NOT_USED)}
    fill(roberta, kept, folder / WEIGHTS)
    tower = TextNetwork(roberta, build_tower(state, "text", facts, folder / WEIGHTS))
    return tower.eval(), roberta.embeddings.word_embeddings.weight.detach()


def export(root: Path, facts: BackendFacts, into: Path) -> None:
    """Write the files of the text tower into a folder, which is there whole or not at all.

    `root` is the folder of all weights. Raises WeightsMissing, WeightsDamaged.
    """
    folder = require(root, facts)
    tower, pieces = load(folder, facts)
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}.") as unfinished:
        made = Path(unfinished) / "tower"
        made.mkdir()
        np.save(made / PIECES, pieces.numpy().astype(np.float32))
        _export_network(tower, pieces.shape[1], made / NETWORK)
        shutil.copyfile(folder / "tokenizer.json", made / TOKENIZER)
        description = {
            "format": FORMAT,
            "revision": facts.revision,
            "dimension": facts.dimension,
            "sha256": {name: file_digest(made / name) for name in FILES},
        }
        (made / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n")
        if into.exists():
            into.rename(Path(unfinished) / "former")
        made.rename(into)


def _export_network(network: TextNetwork, width: int, path: Path) -> None:
    example = torch.zeros(1, EXAMPLE_PIECES[0], width)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter(
            "ignore"
        )  # of a newer exporter, and of sizes that become constants: `check` would find it
        torch.onnx.export(
            network,
            (example,),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=["pieces"],
            output_names=["vector"],
            dynamic_axes={"pieces": {1: "count"}},
        )
    model = path.read_bytes()
    generator = torch.Generator().manual_seed(0)
    for count in EXAMPLE_PIECES:
        check(model, network, {"pieces": torch.randn(1, count, width, generator=generator)}, TOLERANCE)
