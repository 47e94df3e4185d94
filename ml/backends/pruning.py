"""Computes less: leaves out MusiCNN's dead filters and keeps what they would have said.

Training with weight decay left most filters with weights of zero. Whatever such a filter hears, it answers with a
constant, `scale · relu(bias) + shift`. Constants are carried forward into the biases of what listens to them, so that
the result is the same to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.backends.musicnn_weights import FRONT_CHANNELS, MIDDLE_CHANNELS, Layer, Network
from ml.backends.musicnn_wheel import Array

# Weights fade out gradually. At 1e-3, one filter of `msd` with 9.4e-4 was missed by 1e-4 in the penultimate layer; at
# 5e-4 what is dropped (127 to 202 of 204 filters) moves it less than rounding does, and it costs no time.
DEAD = 5e-4

PATCH_FRAMES = 187


@dataclass(frozen=True)
class MiddleLayer:
    """A layer of the middle whose bias differs by frame: `scale · relu(kernel ∗ x + frame_bias) + shift`.

    Channels in are the live ones of the layer before. The bias differs in the first and last three frames: there the
    convolution's zero padding takes the place of the constants too.
    """

    kernel: Array  # (7, channels in, filters)
    frame_bias: Array  # (filters, frames)
    scale: Array
    shift: Array


@dataclass(frozen=True)
class PrunedNetwork:
    """A `Network` without its dead filters.

    The pools have 753 channels in the original; `channels` are the original positions of those that are left, in the
    order of `dense_max` and `dense_mean`, and `constants` (753,) what the pools of the others always are (zero where
    left). Each middle layer's filters begin with all those of the layer before: residuals add to the first channels.
    """

    network: Network
    front: tuple[Layer, ...]
    middle: tuple[MiddleLayer, ...]
    dense_max: Array
    dense_mean: Array
    dense_bias: Array
    channels: NDArray[np.intp]
    constants: Array


def prune(network: Network, threshold: float = DEAD) -> PrunedNetwork:
    """Drop every filter without a weight above `threshold`; any negative threshold keeps all."""
    front_live = np.concatenate([_live(layer, threshold) for layer in network.front])
    front_constants = np.concatenate([_constants(layer) for layer in network.front])
    front_constants[front_live] = 0

    # What the layer at hand hears: the positions of its live channels, and the constants at all the others.
    heard, heard_constants = np.flatnonzero(front_live), front_constants
    # A residual channel lives on when any layer so far gives it life; its constants add up until then.
    residual = np.empty(0, np.intp)
    residual_constants = np.zeros(MIDDLE_CHANNELS)

    middle: list[MiddleLayer] = []
    channels, constants = [heard], [front_constants]
    for number, layer in enumerate(network.middle):
        newly = np.setdiff1d(np.flatnonzero(_live(layer, threshold)), residual)
        kept = np.concatenate([residual, newly])
        shift = layer.shift.astype(np.float64)
        shift[newly] += residual_constants[newly]
        middle.append(
            MiddleLayer(
                kernel=layer.kernel[:, heard][:, :, kept],
                frame_bias=_frame_bias(layer, heard_constants)[kept].astype(np.float32),
                scale=layer.scale[kept],
                shift=shift[kept].astype(np.float32),
            )
        )
        residual, residual_constants = kept, residual_constants + _constants(layer)
        residual_constants[kept] = 0
        heard, heard_constants = kept, residual_constants
        channels.append(FRONT_CHANNELS + MIDDLE_CHANNELS * number + kept)
        constants.append(residual_constants)

    left, values = np.concatenate(channels), np.concatenate(constants)
    return PrunedNetwork(
        network=network,
        front=tuple(_kept(layer, threshold) for layer in network.front),
        middle=tuple(middle),
        dense_max=network.dense_max[left],
        dense_mean=network.dense_mean[left],
        dense_bias=(network.dense_bias + values @ (network.dense_max + network.dense_mean)).astype(np.float32),
        channels=left,
        constants=values.astype(np.float32),
    )


def _live(layer: Layer, threshold: float) -> NDArray[np.bool_]:
    live: NDArray[np.bool_] = np.abs(layer.kernel).max(axis=(0, 1)) > threshold
    return live


def _kept(layer: Layer, threshold: float) -> Layer:
    live = _live(layer, threshold)
    return Layer(layer.kernel[..., live], layer.bias[live], layer.scale[live], layer.shift[live])


def _constants(layer: Layer) -> NDArray[np.float64]:
    return layer.scale.astype(np.float64) * np.maximum(layer.bias, 0) + layer.shift


def _frame_bias(layer: Layer, constants: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bias and what constant inputs contribute to each frame of a patch: (filters, frames)."""
    taps = len(layer.kernel)
    by_tap = np.einsum("c,tcf->ft", constants, layer.kernel.astype(np.float64))
    inside = np.zeros((taps, PATCH_FRAMES))
    for tap in range(taps):
        shift = tap - taps // 2
        inside[tap, max(0, -shift) : PATCH_FRAMES - max(0, shift)] = 1
    bias: NDArray[np.float64] = layer.bias[:, None] + by_tap @ inside
    return bias
