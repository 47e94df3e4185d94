"""The VGG that MusiCNN is compared with (Pons & Serra, "musicnn", 2019; after Choi et al., ISMIR 2016).

Five convolutions of 3 × 3 over the log-mel patch, computed by ONNX Runtime from the original's own weights. A vector
is `pool5` (128 channels) averaged over its two steps of time, about 1.5 s each.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from domain.spaces import BackendFacts
from ml.backends.extent import Extent
from ml.backends.mel_patches import mel_batches
from ml.backends.musicnn_wheel import EPSILON, Array, load_tensors
from ml.backends.onnx_graph import Graph, open_session
from ml.backends.protocol import CPU, Means, TrackEmbedding, Vector
from ml.backends.pruning import PATCH_FRAMES
from ml.backends.tally import Tally
from ml.mel import BANDS, SAMPLE_RATE, log_mel

MODELS = {"vgg-mtt": "MTT_vgg", "vgg-msd": "MSD_vgg"}

# Of each layer's maximum, in frames and bands.
POOL_SIZES = ([4, 1], [2, 2], [2, 2], [2, 2], [4, 4])
POOL_STRIDES = ([2, 2], [2, 2], [2, 2], [2, 2], [4, 4])
POOLED_STEPS = 2


class VGG:
    """`vgg-mtt` or `vgg-msd`, loaded; a `Backend`."""

    def __init__(self, facts: BackendFacts, threads: int) -> None:
        """Build the network from the installed weights, to run on `threads` cores.

        Raises WeightsMissing or WeightsDamaged when they are not what they should be.
        """
        self._facts = facts
        self._session = open_session(build(load_tensors(MODELS[facts.name], facts.name)), threads)

    @property
    def facts(self) -> BackendFacts:
        return self._facts

    @property
    def device(self) -> str:
        return CPU

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording; see `Backend.embed`, and of what is heard at its end `MusiCNN.embed`."""
        extent = Extent(blocks, SAMPLE_RATE)
        tally = Tally(self._facts)
        for batch in mel_batches(log_mel(extent), self._facts.batch_patches):
            tags, vectors = self._session.run(["tags", "vector"], {"mel": batch})
            tally.add(vectors, tags=tags)
        return tally.embedding(extent)


def load(facts: BackendFacts, means: Means) -> VGG:
    """The backend that `facts` describes."""
    return VGG(facts, means.threads)


def build(tensors: dict[str, Array], *, pools: bool = False) -> bytes:
    """The serialized ONNX model of the original's `vgg`.

    Input `mel` (patches, 187, 96); outputs `tags` (patches, 50) in 0–1 and `vector` (patches, 128), with `pools` also
    `pool5` (patches, 256): the channels of the first step of time, then those of the second.
    """
    graph = Graph("vgg")
    scale, shift = _normalization(tensors, 0)
    features = graph.add("Unsqueeze", ["mel", np.array([1])])  # (patches, 1, frames, bands)
    features = graph.add("Add", [graph.add("Mul", [features, scale]), shift])
    for layer, (size, stride) in enumerate(zip(POOL_SIZES, POOL_STRIDES, strict=True), start=1):
        kernel = np.ascontiguousarray(tensors[f"{layer}CNN/kernel"].transpose(3, 2, 0, 1))
        # The first maximum takes every second band and looks at no other, so that only these are computed.
        skipped = [1, 2] if layer == 1 else [1, 1]
        features = graph.add(
            "Conv", [features, kernel, tensors[f"{layer}CNN/bias"]], pads=[1, 1, 1, 1], strides=skipped
        )
        scale, shift = (values[:, None, None] for values in _normalization(tensors, layer))
        features = graph.add("Add", [graph.add("Mul", [graph.add("Relu", [features]), scale]), shift])
        strides = [step // skip for step, skip in zip(stride, skipped, strict=True)]
        features = graph.add("MaxPool", [features], kernel_shape=size, strides=strides)
    # (patches, 128, 2, 1): TensorFlow flattens it with the channels last.
    channels = len(scale)
    last = graph.add("Transpose", [features], perm=[0, 2, 3, 1])
    flat = graph.add("Reshape", [last, np.array([-1, POOLED_STEPS * channels])], name="pool5")
    logits = graph.add("Gemm", [flat, tensors["dense/kernel"], tensors["dense/bias"]])
    graph.add("Sigmoid", [logits], name="tags")
    graph.add("ReduceMean", [features, np.array([2, 3])], name="vector", keepdims=0)
    outputs = {"tags": len(tensors["dense/bias"]), "vector": channels}
    if pools:
        outputs |= {"pool5": POOLED_STEPS * channels}
    return graph.serialized({"mel": (PATCH_FRAMES, BANDS)}, outputs)


def _normalization(tensors: dict[str, Array], number: int) -> tuple[Array, Array]:
    """A batch normalization as scale and shift; TensorFlow numbered them in the order in which they were made."""
    name = f"batch_normalization_{number}" if number else "batch_normalization"
    scale = tensors[f"{name}/gamma"] / np.sqrt(tensors[f"{name}/moving_variance"] + np.float32(EPSILON))
    return scale, tensors[f"{name}/beta"] - tensors[f"{name}/moving_mean"] * scale
