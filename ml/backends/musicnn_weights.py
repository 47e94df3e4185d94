"""MusiCNN's published weights, found in the installed wheel and put into the order of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.backends.musicnn_wheel import EPSILON, Array, load_tensors

FRONT_CHANNELS = 204 + 204 + 51 + 51 + 51
MIDDLE_CHANNELS = 64


@dataclass(frozen=True)
class Layer:
    """A convolution, ReLU and batch normalization: `scale · relu(kernel ∗ x + bias) + shift`.

    `kernel` ends in the axis of filters; the others are those of `bias`, `scale` and `shift`, of shape (filters,).
    """

    kernel: Array
    bias: Array
    scale: Array
    shift: Array


@dataclass(frozen=True)
class Network:
    """All weights of one MusiCNN (Pons & Serra 2019, figure 1), batch normalizations as scale and shift.

    `front` are two timbral layers (kernel: frames, bands, filters), then three temporal ones (frames, 1, filters);
    `middle` three layers over time (7 frames, channels in, filters). The pools over time of the front's 561 channels
    and the middle's 3 × 64 meet the dense layer: its batch normalization is folded into `dense_max`, `dense_mean`
    (753, 200) and `dense_bias`. Penultimate is `penultimate_scale · relu(dense) + penultimate_shift`.
    """

    input_scale: Array  # (1,)
    input_shift: Array  # (1,)
    front: tuple[Layer, ...]
    middle: tuple[Layer, ...]
    dense_max: Array
    dense_mean: Array
    dense_bias: Array  # (200,)
    penultimate_scale: Array  # (200,)
    penultimate_shift: Array  # (200,)
    tags_kernel: Array  # (200, 50)
    tags_bias: Array  # (50,)


def load_network(model: str, backend: str) -> Network:
    """The weights of `model` ("MTT_musicnn" or "MSD_musicnn") from the installed package `musicnn`.

    Raises as `load_tensors` does.
    """
    return _network(load_tensors(model, backend))


def _network(tensors: dict[str, Array]) -> Network:
    """TensorFlow numbered layers in the order in which the original's `build_musicnn` made them."""

    def named(kind: str, number: int) -> str:
        return f"{kind}_{number}" if number else kind

    def normalization(number: int) -> tuple[Array, Array]:
        name = named("batch_normalization", number)
        scale = tensors[f"{name}/gamma"] / np.sqrt(tensors[f"{name}/moving_variance"] + np.float32(EPSILON))
        return scale, tensors[f"{name}/beta"] - tensors[f"{name}/moving_mean"] * scale

    def layer(number: int) -> Layer:
        name = named("conv2d", number)
        kernel = tensors[f"{name}/kernel"][:, :, 0]  # the one input channel
        return Layer(kernel, tensors[f"{name}/bias"], *normalization(number + 1))

    input_scale, input_shift = normalization(0)
    pool_scale, pool_shift = normalization(9)
    penultimate_scale, penultimate_shift = normalization(10)
    # Pools were concatenated as (channel, [max, mean]) and then flattened.
    dense = (pool_scale[:, None] * tensors["dense/kernel"]).reshape(-1, 2, 200)
    return Network(
        input_scale=input_scale,
        input_shift=input_shift,
        front=tuple(layer(number) for number in range(5)),
        middle=tuple(layer(number) for number in range(5, 8)),
        dense_max=dense[:, 0],
        dense_mean=dense[:, 1],
        dense_bias=tensors["dense/bias"] + pool_shift @ tensors["dense/kernel"],
        penultimate_scale=penultimate_scale,
        penultimate_shift=penultimate_shift,
        tags_kernel=tensors["dense_1/kernel"],
        tags_bias=tensors["dense_1/bias"],
    )
