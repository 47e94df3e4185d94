"""Ways to recommend that an evaluation compares: strategies on spaces, with what they are trained by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.errors.evaluations import WaysUnknown
from domain.interests import interests
from domain.training import WITHOUT_CONTENT
from jobs.evaluation.archive import METADATA, Archive
from jobs.evaluation.listening import Split
from jobs.training.comparison import by_model
from jobs.training.settings import configured, trainer_of
from ml.training.data import History
from ml.training.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

Scores = Callable[[Sequence[History]], "NDArray[np.float32]"]  # histories to (histories, items), higher is better

INTERESTS = 3
# Of a cosine; single precision has one more.
DECIMALS = 6
KNN, KNN_PER_INTEREST = "KNN", "KNN_PER_INTEREST"
POPULAR, PERSONAL, CHANCE = "POPULAR", "PERSONALIZED_MOST_POPULAR", "RANDOM"
# What is in every table, whatever was asked for.
BASELINES = (POPULAR, PERSONAL, CHANCE)
ON_SPACES = (KNN, KNN_PER_INTEREST)
# Those that are trained, with their settings. Each of a history's interests has a query of its own in the second.
TRAINED: dict[str, tuple[str, dict[str, str]]] = {
    "SHALLOW": ("SHALLOW", {}),
    "SHALLOW_PER_INTEREST": ("SHALLOW", {"interests": str(INTERESTS)}),
    "CONTRASTIVE": ("CONTRASTIVE", {}),
    "HYBRID": ("HYBRID", {}),
    "BERT4REC": ("BERT4REC", {}),
    "COLLABORATIVE": ("COLLABORATIVE", {}),
}
QUICK = {"epochs": "6"}
# One vector for a whole history, and one for each of its interests.
PAIRS = ((KNN, KNN_PER_INTEREST), ("SHALLOW", "SHALLOW_PER_INTEREST"))


@dataclass(frozen=True)
class Way:
    """A strategy on a space; `space` is None where none plays a part. `settings` are those of training that are not
    left as they are."""

    strategy: str
    space: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.strategy if self.space is None else f"{self.strategy} on {self.space}"

    @property
    def trained(self) -> bool:
        return self.strategy in TRAINED

    @property
    def config(self) -> dict[str, Any]:  # Any: every strategy has a config of its own
        if not self.trained:
            return {"interests": INTERESTS} if self.strategy == KNN_PER_INTEREST else {}
        return asdict(configured(TRAINED[self.strategy][0], self.settings))


def ways(archive: Archive, strategies: Sequence[str], *, full: bool) -> list[Way]:
    """Every strategy that was asked for, or all, on every space; the baselines always. Raises WaysUnknown."""
    known = (*BASELINES, *ON_SPACES, *TRAINED)
    asked = [name.upper().replace("-", "_") for name in strategies]
    strange = [name for name in asked if name not in known]
    if strange:
        raise WaysUnknown(names=" or ".join(strange), known=", ".join(known))
    found = [*(Way(name) for name in BASELINES), Way(KNN, METADATA)]
    for name in (*ON_SPACES, *TRAINED):
        if asked and name not in asked and name != KNN:
            continue
        settings = {} if name not in TRAINED else TRAINED[name][1] | ({} if full else QUICK)
        if name in TRAINED and TRAINED[name][0] in WITHOUT_CONTENT:
            found.append(Way(name, None, settings))
        else:
            found.extend(Way(name, space.name, settings) for space in archive.spaces)
    return found


def scores_of(way: Way, archive: Archive, split: Split, watch: Watch) -> Scores:
    """Train what is to be trained. Raises TrainingCancelled."""
    if way.strategy == CHANCE:
        return chance(len(archive), watch.seed)
    counts = split.data(archive.ids, None).counts
    if way.strategy == POPULAR:
        return popular(counts)
    if way.strategy == PERSONAL:
        return personal(counts, archive.truths.composer)
    content = None if way.space is None else content_of(archive, way.space)
    if not way.trained:
        assert content is not None  # noqa: S101 -- nearest neighbours are neighbours in a space
        return nearest(content, INTERESTS if way.strategy == KNN_PER_INTEREST else 1)
    strategy, _ = TRAINED[way.strategy]
    data = split.data(archive.ids, content)
    fitted = trainer_of(strategy).fit(data, configured(strategy, way.settings), watch)
    return by_model(fitted, data.catalogue)


def content_of(archive: Archive, space: str) -> NDArray[np.float32]:
    return archive.metadata if space == METADATA else archive.space(space).vectors


def nearest(content: NDArray[np.float32], at_most: int = 1) -> Scores:
    """The cosine with the weighted mean of a history, or with the nearest of its interests' means, rounded, so that
    the same vector twice is a tie."""
    exact = content.astype(np.float64).T

    def scores(histories: Sequence[History]) -> NDArray[np.float32]:
        centres = [_centres(content, history, at_most) for history in histories]
        first = np.cumsum([0, *(len(each) for each in centres[:-1])])
        found = np.maximum.reduceat(np.concatenate(centres) @ exact, first, axis=0)
        return np.round(found, DECIMALS).astype(np.float32)

    return scores


def popular(counts: NDArray[np.float64]) -> Scores:
    """How often an item was heard in training."""

    def scores(histories: Sequence[History]) -> NDArray[np.float32]:
        return np.repeat(counts[None].astype(np.float32), len(histories), axis=0)

    return scores


def personal(counts: NDArray[np.float64], composers: NDArray[np.int64] | None) -> Scores:
    """By how often the listener heard the item, then its composer, then by what was heard in training: the order in
    which PERSONALIZED_MOST_POPULAR answers."""
    of_all = _places(counts)
    groups = np.full(len(counts), -1) if composers is None else composers

    def one(history: History) -> NDArray[np.float32]:
        own = np.bincount(history.items, minlength=len(counts)).astype(np.float64)
        known = groups >= 0
        per_composer = np.bincount(groups[known], weights=own[known], minlength=int(groups.max(initial=0)) + 1)
        composer = np.where(known, per_composer[np.maximum(groups, 0)], 0.0)
        order = (_places(own) * len(counts) + _places(composer)) * len(counts) + of_all
        return _places(order.astype(np.float64)).astype(np.float32)

    return lambda histories: np.stack([one(history) for history in histories])


def chance(items: int, seed: int) -> Scores:
    """Any order, another one each time."""
    random = np.random.default_rng([seed, 11])
    return lambda histories: random.random((len(histories), items), dtype=np.float32)


def _centres(content: NDArray[np.float32], history: History, at_most: int) -> NDArray[np.float32]:
    vectors, weights = content[history.items], history.weights
    labels = interests(vectors, weights, at_most)
    centres = np.stack([weights[labels == one] @ vectors[labels == one] for one in range(int(labels.max()) + 1)])
    norms = np.linalg.norm(centres, axis=1, keepdims=True)
    return np.asarray(centres / np.where(norms > 0, norms, 1), dtype=np.float32)


def _places(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The rank of each value among the different ones, 0 for the least."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)
