"""The probes: a linear one, nearest neighbours, and a small adapter that is fine-tuned with its linear head.

The first two leave the vectors as they are. The adapter moves them, by what the same few examples teach: it stands for
fine-tuning a network's last layers, not for training the network itself, of which only the vectors are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV  # type: ignore[import-untyped]  # ships no types

from ml.evaluation.probes.adapter import adapted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["linear", "knn", "adapter"]
Task = Literal["classes", "number", "tags"]

NEIGHBOURS = 5
# Of vectors of unit length on average: chosen on neither labels nor archive, but so that few examples do not run away.
C = 10.0
ALPHAS = np.logspace(-3, 2, 11)


class Examples(NamedTuple):
    """`vectors` (examples, dimension); `truth`: classes (examples,) from 0, numbers (examples,), or tags (examples,
    tags) as 0 and 1."""

    vectors: NDArray[np.float64]
    truth: NDArray[np.float64]


def standardized(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """(tracks, dimension): each dimension with mean 0 and deviation 1 over all tracks, which takes no labels, then
    scaled so that vectors have length 1 on average, whatever the dimension."""
    exact = vectors.astype(np.float64)
    deviation = exact.std(axis=0)
    scaled = (exact - exact.mean(axis=0)) / np.where(deviation > 1e-12, deviation, 1.0)
    return np.asarray(scaled / np.sqrt(max(1, int((deviation > 1e-12).sum()))))


def predict(
    kind: Kind, task: Task, known: Examples, asked: NDArray[np.float64], classes: int, seed: int
) -> NDArray[np.float64]:
    """What a probe that learned from `known` says of `asked` (asked, dimension): classes (asked,), numbers (asked,), or
    scores of tags (asked, tags). `classes` is how many classes there are; `seed` decides what the adapter draws."""
    if kind == "adapter":
        return adapted(task, known.vectors, known.truth, asked, classes, seed)
    if kind == "knn":
        return _neighbours(task, known, asked, classes)
    if task == "number":
        return np.asarray(RidgeCV(alphas=ALPHAS).fit(known.vectors, known.truth).predict(asked))
    if task == "classes":
        return _logistic(known.vectors, known.truth, asked)
    return np.stack([_tag(known.vectors, each, asked) for each in known.truth.T], axis=1)


def _logistic(
    vectors: NDArray[np.float64], truth: NDArray[np.float64], asked: NDArray[np.float64]
) -> NDArray[np.float64]:
    if len(np.unique(truth)) == 1:
        return np.full(len(asked), truth[0])
    return np.asarray(LogisticRegression(C=C, max_iter=2000).fit(vectors, truth).predict(asked), np.float64)


def _tag(vectors: NDArray[np.float64], truth: NDArray[np.float64], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(np.unique(truth)) == 1:
        return np.zeros(len(asked))
    return np.asarray(LogisticRegression(C=C, max_iter=2000).fit(vectors, truth).decision_function(asked), np.float64)


def _neighbours(task: Task, known: Examples, asked: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """By cosine; classes vote with weights that fall with the place, so that there is hardly ever a draw."""
    count = min(NEIGHBOURS, len(known.vectors))
    cosines = _unit(asked) @ _unit(known.vectors).T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    weights = 1 / np.arange(1, count + 1)
    if task != "classes":
        found = known.truth[nearest]  # (asked, neighbours) or (asked, neighbours, tags)
        return np.asarray(np.tensordot(found, weights / weights.sum(), axes=(1, 0)))
    votes = np.zeros((len(asked), classes))
    for place, weight in enumerate(weights):
        votes[np.arange(len(asked)), known.truth[nearest[:, place]].astype(np.int64)] += weight
    return np.asarray(votes.argmax(axis=1), np.float64)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
