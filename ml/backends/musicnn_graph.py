"""MusiCNN as an ONNX graph, from log-mel patches to tags."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.backends.onnx_graph import Graph
from ml.backends.pruning import PATCH_FRAMES, PrunedNetwork
from ml.mel import BANDS


def build(pruned: PrunedNetwork, *, pools: bool = False) -> bytes:
    """The serialized ONNX model of `pruned`.

    Input `mel` (patches, 187, 96); outputs `tags` (patches, 50) in 0–1 and `penultimate` (patches, 200), with `pools`
    also `max_pool` and `mean_pool` (patches, live channels).
    """
    graph = Graph("musicnn")
    features = _features(graph, pruned)
    maximum = graph.add("ReduceMax", [features, np.array([2])], name="max_pool", keepdims=0)
    mean = graph.add("ReduceMean", [features, np.array([2])], name="mean_pool", keepdims=0)
    pooled = graph.add("Concat", [maximum, mean], axis=1)  # (patches, 2 × channels)
    network = pruned.network
    dense = graph.add("Gemm", [pooled, np.concatenate([pruned.dense_max, pruned.dense_mean]), pruned.dense_bias])
    hidden = graph.add("Mul", [graph.add("Relu", [dense]), network.penultimate_scale])
    penultimate = graph.add("Add", [hidden, network.penultimate_shift], name="penultimate")
    logits = graph.add("Gemm", [penultimate, network.tags_kernel, network.tags_bias])
    graph.add("Sigmoid", [logits], name="tags")
    channels = len(pruned.channels)
    outputs = {"tags": len(network.tags_bias), "penultimate": len(network.penultimate_scale)}
    if pools:
        outputs |= {"max_pool": channels, "mean_pool": channels}
    return graph.serialized({"mel": (PATCH_FRAMES, BANDS)}, outputs)


def _features(graph: Graph, pruned: PrunedNetwork) -> str:
    """What is pooled: the live channels of the front and of the three middle layers, (patches, channels, frames)."""
    network = pruned.network
    normalized = graph.add("Add", [graph.add("Mul", ["mel", network.input_scale]), network.input_shift])
    image = graph.add("Unsqueeze", [normalized, np.array([1])])  # (patches, 1, frames, bands)

    # A maximum over bands follows ReLU and batch normalization in the original. Both are monotone, so the maximum can
    # be taken first, and they have one value per filter and frame to do, not one per band. Where the normalization
    # falls instead of rising, the maximum is a minimum: such filters are computed with the opposite sign.
    signs = [np.where(layer.scale < 0, np.float32(-1), np.float32(1)) for layer in pruned.front]
    maxima = []
    for layer, sign in zip(pruned.front, signs, strict=True):
        taps = len(layer.kernel)
        kernel = (layer.kernel * sign).transpose(2, 0, 1)[:, None]  # (filters, 1, frames, bands)
        pads = [(taps - 1) // 2, 0, taps // 2, 0]  # TensorFlow's "same": the longer side of an even kernel is the end
        answers = graph.add("Conv", [image, np.ascontiguousarray(kernel), layer.bias * sign], pads=pads)
        maxima.append(graph.add("ReduceMax", [answers, np.array([3])], keepdims=0))  # (patches, filters, frames)
    signed = graph.add("Mul", [graph.add("Concat", maxima, axis=1), _column(np.concatenate(signs))])
    scale, shift = (np.concatenate([getattr(layer, name) for layer in pruned.front]) for name in ("scale", "shift"))
    front = _normalized(graph, signed, scale, shift)

    features = [front]
    for number, middle in enumerate(pruned.middle):
        kernel = np.ascontiguousarray(middle.kernel.transpose(2, 1, 0))  # (filters, channels, 7 frames)
        answers = graph.add("Conv", [features[-1], kernel], pads=[3, 3])
        biased = graph.add("Add", [answers, middle.frame_bias])
        output = _normalized(graph, biased, middle.scale, middle.shift)
        if number:
            more = len(middle.scale) - len(pruned.middle[number - 1].scale)
            residual = graph.add("Pad", [features[-1], np.array([0, 0, 0, 0, more, 0])]) if more else features[-1]
            output = graph.add("Add", [output, residual])
        features.append(output)
    return graph.add("Concat", features, axis=1)


def _normalized(graph: Graph, answers: str, scale: NDArray[np.float32], shift: NDArray[np.float32]) -> str:
    active = graph.add("Relu", [answers])
    return graph.add("Add", [graph.add("Mul", [active, _column(scale)]), _column(shift)])


def _column(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[:, None]  # one value per channel, for all frames
