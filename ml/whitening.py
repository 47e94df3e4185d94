"""Whitening: a space in which no direction outweighs the others, learned from the archive's own vectors, no labels.

Centring, then PCA to the strongest directions, each scaled to the same variance (Jégou & Chum, "Negative evidences and
co-occurences in image retrieval", ECCV 2012). What most recordings of an archive have in common stops to count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# A direction with less of the strongest's variance is rounding of float32.
NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class Whitening:
    """`mean` has shape (dimension,), `projection` (dimension, dimension of the result)."""

    mean: Vectors
    projection: Vectors

    def __call__(self, vectors: Vectors) -> Vectors:
        """Vectors (n, dimension) in the whitened space, unit length: (n, dimension of the result)."""
        return unit_rows(self.unscaled(vectors))

    def unscaled(self, vectors: Vectors) -> Vectors:
        """The same, not scaled to unit length: the mean of several is the mean's."""
        whitened = (vectors - self.mean) @ self.projection
        return whitened.astype(np.float32)


def rank(vectors: Vectors) -> int:
    """In how many directions vectors (n, dimension) vary."""
    return int((_directions(vectors)[0] > 0).sum())


def fit(vectors: Vectors, dimension: int) -> Whitening:
    """The whitening of vectors (n, dimension before) to `dimension`, which is at most their `rank`.

    The same vectors give the same whitening, to the sign of each direction.
    """
    variances, directions = _directions(vectors)
    projection = directions[:, :dimension] / np.sqrt(variances[:dimension])
    return Whitening(vectors.mean(axis=0, dtype=np.float64).astype(np.float32), projection.astype(np.float32))


def unit_rows(vectors: Vectors) -> Vectors:
    """Rows of unit length; zero stays zero, which is near nothing."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)


def _directions(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variances, the largest first, and their directions as columns; negligible variances are zero."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    ascending, directions = np.linalg.eigh(centred.T @ centred / max(1, len(vectors) - 1))
    variances, directions = ascending[::-1], directions[:, ::-1]
    # Of n centred vectors no more than n - 1 are independent.
    least = NEGLIGIBLE * max(float(variances[0]), float(np.finfo(np.float32).eps))
    variances = np.where(variances > least, variances, 0.0)
    variances[max(0, len(vectors) - 1) :] = 0
    # The sign of a direction is arbitrary: its largest part is positive.
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    return variances, directions * np.sign(largest)
