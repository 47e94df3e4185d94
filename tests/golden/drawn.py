"""Weights that any environment can draw again, so that golden files hold results alone."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray


def drawn(name: str, shape: tuple[int, ...], spread: float = 0.5) -> NDArray[np.float32]:
    """Values for a parameter or buffer of that name: those that scale lie around one, variances above a half."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    values = rng.standard_normal(shape)
    if name.endswith("running_var"):
        return (0.5 + np.abs(values)).astype(np.float32)
    if len(shape) < 2:
        return (values * 0.2 + (1.0 if name.endswith(("weight", "gamma", "scale")) else 0.0)).astype(np.float32)
    return (values * 2 * spread / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def drawn_state(shapes: Mapping[str, Iterable[int]]) -> dict[str, NDArray[np.float32]]:
    return {name: drawn(name, tuple(shape)) for name, shape in shapes.items()}


def drawn_music(seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """Two windows (2, samples): a chord that swells in noise, and a glide."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    noise = np.random.default_rng(1685).standard_normal(len(times))
    chord = sum(np.sin(2 * np.pi * pitch * times) for pitch in (220.0, 277.2, 329.6, 440.0))
    swelling = 0.1 * chord * np.minimum(times, 1) + 0.01 * noise
    glide = 0.3 * np.sin(2 * np.pi * (100 * times + 400 * times**2)) + 0.003 * noise
    return np.stack([swelling, glide]).astype(np.float32)
