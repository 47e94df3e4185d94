"""Pruning is exact: whichever filters are dead, the smaller network says the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from ml.backends.musicnn_graph import build
from ml.backends.musicnn_weights import Layer, Network, load_network
from ml.backends.pruning import prune

EVERY_LAYER = range(8)


@pytest.fixture(scope="module")
def mel() -> NDArray[np.float32]:
    return np.random.default_rng(9).uniform(0, 6, (3, 187, 96)).astype(np.float32)


def killed(network: Network, dead: dict[int, NDArray[np.intp]]) -> Network:
    """`network` with the given filters' weights at zero: 0 to 4 are the layers of the front, 5 to 7 of the middle."""

    def kill(layer: Layer, filters: NDArray[np.intp]) -> Layer:
        kernel = layer.kernel.copy()
        kernel[..., filters] = 0
        # A bias above zero makes the constant differ from what silence gives.
        bias = layer.bias.copy()
        bias[filters] = np.linspace(-0.5, 1, len(filters))
        return replace(layer, kernel=kernel, bias=bias)

    layers = [kill(layer, dead.get(number, np.array([], np.intp))) for number, layer in
              enumerate((*network.front, *network.middle))]  # fmt: skip
    return replace(network, front=tuple(layers[:5]), middle=tuple(layers[5:]))


def run(network: Network, mel: NDArray[np.float32], threshold: float) -> tuple[NDArray[np.float32], ...]:
    """Tags, penultimate, and pools of all 753 channels."""
    pruned = prune(network, threshold)
    session = onnxruntime.InferenceSession(build(pruned, pools=True), providers=["CPUExecutionProvider"])
    tags, penultimate, *pools = session.run(["tags", "penultimate", "max_pool", "mean_pool"], {"mel": mel})
    everywhere = []
    for pool in pools:
        whole = np.tile(pruned.constants, (len(mel), 1))
        whole[:, pruned.channels] = pool
        everywhere.append(whole)
    return tags, penultimate, *everywhere


@pytest.mark.parametrize("seed", range(4))
def test_any_dead_filters_anywhere(mel: NDArray[np.float32], seed: int) -> None:
    rng = np.random.default_rng(seed)
    real = load_network("MSD_musicnn", "musicnn-msd")
    layers = (*real.front, *real.middle)
    dead = {
        number: rng.permutation(len(layers[number].bias))[: int(len(layers[number].bias) * rng.uniform(0.2, 0.9))]
        for number in EVERY_LAYER
    }
    network = killed(real, dead)
    for whole, pruned in zip(run(network, mel, -1), run(network, mel, 0), strict=True):
        np.testing.assert_allclose(pruned, whole, atol=1e-4, rtol=1e-5)


def test_a_residual_channel_lives_as_long_as_any_layer_before_it() -> None:
    none, first, second = np.arange(64), np.array([3, 5]), np.array([5, 9])
    network = killed(
        load_network("MSD_musicnn", "musicnn-msd"),
        {5: np.setdiff1d(none, first), 6: np.setdiff1d(none, second), 7: none},
    )
    pruned = prune(network, 0)
    assert [len(layer.scale) for layer in pruned.middle] == [2, 3, 3]
    front = len(pruned.channels) - 2 - 3 - 3
    assert list(pruned.channels[front:] - 561) == [3, 5, 64 + 3, 64 + 5, 64 + 9, 128 + 3, 128 + 5, 128 + 9]


def test_constants_stop_at_the_borders_of_a_patch() -> None:
    """The middle pads with zeros, not with the constants: the first and last three frames have biases of their own."""
    network = killed(load_network("MTT_musicnn", "musicnn-mtt"), {0: np.arange(204), 1: np.arange(204)})
    pruned = prune(network, 0).middle[0]
    constants = np.concatenate([layer.scale * np.maximum(layer.bias, 0) + layer.shift for layer in network.front[:2]])
    kept = np.flatnonzero(np.abs(network.middle[0].kernel).max(axis=(0, 1)) > 0)
    by_tap = np.einsum("c,tcf->tf", constants, network.middle[0].kernel[:, :408])[:, kept]
    bias = network.middle[0].bias[kept]
    np.testing.assert_allclose(pruned.frame_bias[:, 93], bias + by_tap.sum(axis=0), rtol=1e-4, atol=1e-4)
    # The first frame hears nothing of the three before it, the last nothing of the three after it.
    np.testing.assert_allclose(pruned.frame_bias[:, 0], bias + by_tap[3:].sum(axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(pruned.frame_bias[:, 2], bias + by_tap[1:].sum(axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(pruned.frame_bias[:, -1], bias + by_tap[:4].sum(axis=0), rtol=1e-4, atol=1e-4)
    assert np.abs(by_tap[:3].sum(axis=0)).max() > 0.1


@pytest.mark.parametrize(
    ("model", "live"),
    [("MTT_musicnn", [76, 69, 21, 17, 45, 21, 63, 64]), ("MSD_musicnn", [23, 14, 3, 7, 17, 20, 64, 64])],
)
def test_how_little_is_left(model: str, live: list[int]) -> None:
    pruned = prune(load_network(model, "musicnn"))
    assert [len(layer.scale) for layer in (*pruned.front, *pruned.middle)] == live
