"""A torch module as an ONNX model, for any number of histories, any length, any number of items."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime  # type: ignore[import-untyped]  # ships no types
import torch
from torch import nn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Has layer normalization as one node; supported by every ONNX Runtime from 1.12.
OPSET = 17
# Sizes that no dimension of a model has, so that a size written into a graph as a constant shows.
EXAMPLE_HISTORIES, EXAMPLE_LENGTH, EXAMPLE_ITEMS = 3, 7, 11


class Unserved(ValueError):
    """An exported model does not give what its module gives."""


def export_encoder(module: nn.Module, dimension: int) -> bytes:
    """The query encoder `module(items, weights) → queries` as ONNX, checked against the module.

    `items` (histories, length, dimension), oldest first, `weights` (histories, length), 0 where an item does not
    count; `queries` (histories, dimension). Raises Unserved.
    """
    items = _unit(torch.randn(EXAMPLE_HISTORIES, EXAMPLE_LENGTH, dimension, generator=_generator()))
    weights = torch.ones(EXAMPLE_HISTORIES, EXAMPLE_LENGTH)
    model = _exported(
        module,
        {"items": items, "weights": weights},
        "queries",
        {"items": {0: "histories", 1: "length"}, "weights": {0: "histories", 1: "length"}, "queries": {0: "histories"}},
    )
    for histories, length in ((1, 1), (1, 50), (2, 3), (1, 500)):
        random = _generator()
        some = _unit(torch.randn(histories, length, dimension, generator=random))
        counting = torch.randint(0, 3, (histories, length), generator=random).float()
        counting[:, -1] = 1
        check(model, module, {"items": some, "weights": counting})
    return model


def export_tower(module: nn.Module, content_dimension: int | None, dimension: int) -> bytes:
    """The item tower `module(content, learned) → vectors`, or `module(learned)` without content, as ONNX, checked
    against the module.

    `content` (items, content dimension), `learned` (items, dimension); `vectors` (items, dimension). Raises Unserved.
    """

    def example(items: int) -> dict[str, torch.Tensor]:
        random = _generator()
        content = {"content": torch.randn(items, content_dimension, generator=random)} if content_dimension else {}
        return content | {"learned": torch.randn(items, dimension, generator=random)}

    given = example(EXAMPLE_ITEMS)
    model = _exported(module, given, "vectors", {name: {0: "items"} for name in (*given, "vectors")})
    for items in (1, 100):
        check(model, module, example(items))
    return model


def check(model: bytes, module: nn.Module, given: Mapping[str, torch.Tensor], tolerance: float = 1e-5) -> None:
    """Raises Unserved unless the ONNX `model` gives what `module` gives for the inputs `given`, to `tolerance`."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    try:
        found: NDArray[np.float32] = session.run(None, {name: value.numpy() for name, value in given.items()})[0]
    except Exception as error:  # its exceptions have no class in common
        raise Unserved(str(error)) from error
    with torch.no_grad():
        expected = module.eval()(*given.values()).numpy()
    if found.shape != expected.shape:
        raise Unserved(f"shape {found.shape} instead of {expected.shape}")
    if not abs(found - expected).max() <= tolerance:
        raise Unserved(f"off by {abs(found - expected).max():.1e}, more than {tolerance:.0e}")


def _exported(
    module: nn.Module, given: Mapping[str, torch.Tensor], output: str, free: dict[str, dict[int, str]]
) -> bytes:
    with warnings.catch_warnings(), torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        # It warns of a newer exporter, which needs a package more, and of sizes that become constants, which `check`
        # would find.
        warnings.simplefilter("ignore")
        path = Path(folder, "model.onnx")
        torch.onnx.export(
            module.eval(),
            tuple(given.values()),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(given),
            output_names=[output],
            dynamic_axes=free,
        )
        return path.read_bytes()


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    return nn.functional.normalize(vectors, dim=-1)
