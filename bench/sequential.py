"""How good the sequential strategies are on logs with published results.

    python bench/sequential.py LOG --strategy BERT4REC [--seed 1] [--set key=value …] [--threads 2] [--quiet]

LOG has a line for each user, `user item item …`, oldest first. The last item of each user is the test target, the one
before it the validation target, the rest is for training; all items are ranked but those of the user's own history,
which at test time includes the validation item (the protocol of S3-Rec, Zhou et al., CIKM 2020). Items have learned
vectors only, as a log has no content.

NAME is a strategy that is trained, SASREC, which is BERT4REC with `objective=causal`, or a baseline: POPULAR, counts
over all interactions, those of validation and test included, as published; POPULAR_TRAIN, counts over those for
training alone. Of items that are equally popular the one that stands last in the log comes first.

Epochs go to standard error. One JSON object goes to standard output: `hr@10` and `ndcg@10` of the test targets with
their standard errors, the same of the validation targets, `seconds` of training, `peak_memory_mb`, the settings, and
what was published for the log, told by the numbers of its users and items.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from numpy.typing import NDArray

from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.evaluation.statistics.bootstrap import standard_error
from ml.models.registry import TRAINED, trainer
from ml.training.data import Cases, Catalogue, History, Log, TrainingData
from ml.training.logs import read_log
from ml.training.splits import Split, leave_one_out
from ml.training.watch import Progress, Watch

Score = Callable[[Sequence[History]], NDArray[np.float32]]

BASELINES = ("POPULAR", "POPULAR_TRAIN")
# Training settings that were found by the validation targets, where they differ from a strategy's defaults, …
SETTINGS: dict[str, dict[str, object]] = {
    "BERT4REC": {"learning_rate": 7e-4, "again": True},
    "SASREC": {"objective": "causal", "again": True},
}
# … and for a catalogue of more than so many items, each of which is heard seldom.
SMALL = 5000
MANY_ITEMS: dict[str, object] = {
    "learning_rate": 1e-3,
    "batch": 128,
    "temperature": 0.07,
    "window": 5,
    "negatives": 512,
    "every": 2,
}
LARGE: dict[str, dict[str, object]] = {
    "BERT4REC": MANY_ITEMS | {"epochs": 6, "last": 0.7, "recency": 0.7},
    "SASREC": MANY_ITEMS | {"epochs": 8},
}


@dataclass(frozen=True, slots=True)
class Published:
    """HR@10 and NDCG@10 on one log, by strategy."""

    name: str
    users: int
    items: int
    figures: dict[str, tuple[float, float]]


PUBLISHED = [
    Published(
        "lastfm",
        1090,
        3646,
        {"POPULAR": (0.0440, 0.0203), "SASREC": (0.0688, 0.0390), "BERT4REC": (0.0633, 0.0337)},
    ),
    Published(
        "beauty",
        22363,
        12101,
        {
            "POPULAR": (0.0152, 0.0068),
            "POPULAR_TRAIN": (0.0115, 0.0055),
            "SASREC": (0.0605, 0.0318),
            "BERT4REC": (0.0347, 0.0170),
        },
    ),
]


def popular(counted: Log, catalogue: Catalogue) -> Score:
    """The more interactions, the better; among equals the item heard last in the log."""
    counts = np.bincount(counted.items, weights=counted.weights, minlength=len(catalogue))
    last = np.full(len(catalogue), -1.0)
    np.maximum.at(last, counted.items, counted.times)
    places = np.empty(len(catalogue), dtype=np.float32)
    places[np.lexsort((last, counts))] = np.arange(len(catalogue))
    return lambda histories: np.broadcast_to(places, (len(histories), len(catalogue)))


def trained(
    strategy: str, catalogue: Catalogue, split: Split, given: dict[str, object], watch: Watch
) -> tuple[Score, dict[str, object]]:
    """Scores by the trained model, and the settings it was trained with."""
    known = trainer("BERT4REC" if strategy == "SASREC" else strategy)
    found = SETTINGS.get(strategy, {}) | (LARGE.get(strategy, {}) if len(catalogue) > SMALL else {})
    config = known.config(**found | given)
    data = TrainingData(catalogue, list(split.train.histories().values()), split.validation)
    model = known.fit(data, config, watch)
    vectors = model.item_vectors(catalogue.content, catalogue.ids)  # (items, dimension)

    def score(histories: Sequence[History]) -> NDArray[np.float32]:
        best: NDArray[np.float32] = (model.queries(histories) @ vectors.T).max(axis=1)
        return best

    return score, asdict(config)


def figures(score: Score, cases: Cases) -> dict[str, float]:
    ranks = evaluate(score, cases)
    hits, gains = hit_rate(ranks, 10), ndcg(ranks, 10)
    return {
        "hr@10": round(float(hits.mean()), 4),
        "hr@10_standard_error": round(standard_error(hits), 4),
        "ndcg@10": round(float(gains.mean()), 4),
        "ndcg@10_standard_error": round(standard_error(gains), 4),
    }


def published(strategy: str, catalogue: Catalogue, log: Log) -> dict[str, object]:
    """What was published for this log: this strategy's figures, and all."""
    users = len(np.unique(log.users))
    for known in PUBLISHED:
        if (known.users, known.items) == (users, len(catalogue)):
            each = {name: {"hr@10": hr, "ndcg@10": ndcg} for name, (hr, ndcg) in known.figures.items()}
            return {"log": known.name, "published": each.get(strategy), "all_published": each}
    return {"log": None, "published": None}


def measure(path: Path, strategy: str, seed: int, given: dict[str, object], *, quiet: bool = True) -> dict[str, object]:
    """The JSON object that is printed."""
    catalogue, log = read_log(path)
    split = leave_one_out(log)
    began = time.perf_counter()
    settings: dict[str, object] = {}
    if strategy in BASELINES:
        score = popular(log if strategy == "POPULAR" else split.train, catalogue)
    else:

        def report(progress: Progress) -> None:
            if not quiet:
                print(progress, f"{time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)

        score, settings = trained(strategy, catalogue, split, given, Watch(seed=seed, device="cpu", report=report))
    seconds = time.perf_counter() - began
    return {
        "strategy": strategy,
        "seed": seed,
        **figures(score, split.test),
        **published(strategy, catalogue, log),
        "validation": figures(score, split.validation),
        "users": len(split.test),
        "items": len(catalogue),
        "interactions": len(log),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(time.process_time(), 1),
        "peak_memory_mb": peak_memory(),
        "threads": torch.get_num_threads(),
        "settings": settings,
    }


def peak_memory() -> int | None:
    """In MB, of this process, where the system tells it."""
    status = Path("/proc/self/status")
    # Not `ru_maxrss`, which a child inherits from the process that forked it.
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return round(int(found[1]) / 1000) if found else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, metavar="LOG")
    parser.add_argument("--strategy", required=True, choices=[*BASELINES, "SASREC", *TRAINED], metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="key=value", help="a training setting")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quiet", action="store_true", help="no line for each epoch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    given = {}
    for setting in options.set:
        key, _, value = setting.partition("=")
        try:
            given[key] = json.loads(value)
        except json.JSONDecodeError:
            given[key] = value
    print(json.dumps(measure(options.log, options.strategy, options.seed, given, quiet=options.quiet), indent=1))


if __name__ == "__main__":
    main()
