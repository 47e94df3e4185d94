"""Each trained strategy against KNN and popularity on made-up listeners, whose taste is part of what content tells.

Tracks have a hidden character and a popularity; their content is the character, mixed with as much again that no one
cares for. Listeners like one or two regions of characters, go on from where they are, and hear popular tracks more. One
track in ten is cold. Prints a line for each strategy with HR@10 and NDCG@10, hot and cold, and 95 % intervals.

python -m bench.clustered [--tracks 400] [--users 200] [--length 40] [--seed 1] [--only SHALLOW,HYBRID]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.evaluation.metrics.hit_rate import hit_rate
from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.metrics.ranks import Ranks
from ml.evaluation.recommendation import evaluate
from ml.evaluation.statistics.bootstrap import Interval, bootstrap
from ml.models.registry import trainer
from ml.training.data import Cases, Catalogue, History, TrainingData
from ml.training.watch import Watch

CHARACTER, CONTENT = 12, 200
MODELS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("COLLABORATIVE", {}),
    ("HYBRID", {"variant": "linear"}),
    ("CONTRASTIVE", {}),
    ("SHALLOW", {}),
    ("SHALLOW", {"interests": 2}),
    ("HYBRID", {"variant": "attention"}),
    ("BERT4REC", {}),
)
Score = Callable[[Sequence[History]], NDArray[np.float32]]


def archive(tracks: int, users: int, length: int, seed: int) -> tuple[TrainingData, Cases, Cases]:
    """What is trained on, and the hot and the cold cases."""
    random = np.random.default_rng(seed)
    regions = random.standard_normal((12, CHARACTER))
    character = regions[random.integers(12, size=tracks)] + 0.5 * random.standard_normal((tracks, CHARACTER))
    popularity = random.standard_normal(tracks)
    nuisance = 1.3 * random.standard_normal((tracks, CHARACTER))
    mixed = np.concatenate([character, nuisance], axis=1) @ random.standard_normal((2 * CHARACTER, CONTENT))
    content = mixed + 10 * random.standard_normal(CONTENT) + 0.5 * random.standard_normal((tracks, CONTENT))
    content /= np.linalg.norm(content, axis=1, keepdims=True)
    cold = random.choice(tracks, tracks // 10, replace=False)
    histories, validation, hot_cases, cold_cases = [], [], [], []
    for _ in range(users):
        tastes = regions[random.choice(12, 2, replace=False)]
        liked = np.max(-np.square(character[:, None] - tastes).sum(axis=2), axis=1) / 6  # (tracks,)
        heard: list[int] = []
        open_places = np.ones(tracks)
        open_places[cold] = 0
        for _place in range(length):
            here = character[heard[-1]] if heard else tastes[0]
            near = -np.square(character - here).sum(axis=1) / 12
            chance = np.exp(liked + near + 0.7 * popularity) * open_places
            heard.append(int(random.choice(tracks, p=chance / chance.sum())))
            open_places[heard[-1]] = 0
        chance = np.exp(liked + 0.7 * popularity)[cold]
        histories.append(History.of(heard[:-2]))
        validation.append((heard[:-2], heard[-2]))
        hot_cases.append((heard[:-1], heard[-1]))
        cold_cases.append((heard[:-1], int(random.choice(cold, p=chance / chance.sum()))))
    catalogue = Catalogue(np.arange(tracks), content.astype(np.float32))
    return TrainingData(catalogue, histories, _cases(validation)), _cases(hot_cases), _cases(cold_cases)


def report(name: str, score: Score, hot: Cases, cold: Cases, baseline: Ranks | None, **more: float) -> Ranks:
    found: dict[str, Any] = {"model": name, **more}
    for label, cases in (("hot", hot), ("cold", cold)):
        ranks = evaluate(score, cases)
        found[f"{label} hr@10"] = _interval(hit_rate(ranks, 10), cases)
        found[f"{label} ndcg@10"] = _interval(ndcg(ranks, 10), cases)
        if label == "hot":
            of_hot = ranks
    if baseline is not None:
        found["hot ndcg@10 over KNN"] = _interval(ndcg(of_hot, 10) - ndcg(baseline, 10), hot)
    print(json.dumps(found), flush=True)
    return of_hot


def _cases(pairs: list[tuple[list[int], int]]) -> Cases:
    targets = np.array([target for _, target in pairs], dtype=np.int64)
    return Cases(np.arange(len(pairs)), [History.of(items) for items, _ in pairs], targets)


def _interval(values: NDArray[np.float64], cases: Cases) -> str:
    return _printed(bootstrap(values, cases.users, np.random.default_rng(0)))


def _printed(interval: Interval) -> str:
    return f"{interval.estimate:.4f} [{interval.low:.4f}, {interval.high:.4f}]"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=400)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--length", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data, hot, cold = archive(arguments.tracks, arguments.users, arguments.length, arguments.seed)
    content = data.catalogue.content
    assert content is not None

    def nearest(histories: Sequence[History]) -> NDArray[np.float32]:
        return np.stack([content[history.items].mean(axis=0) for history in histories]) @ content.T

    def popular(histories: Sequence[History]) -> NDArray[np.float32]:
        return np.repeat(data.counts[None].astype(np.float32), len(histories), axis=0)

    knn = report("KNN", nearest, hot, cold, None)
    report("POPULAR", popular, hot, cold, knn)
    for strategy, settings in MODELS:
        if arguments.only and strategy not in arguments.only.split(","):
            continue
        how = trainer(strategy)
        started, epochs = time.process_time(), 0

        def counted(_: object) -> None:
            nonlocal epochs
            epochs += 1

        model = how.fit(data, how.config(**settings), Watch(seed=arguments.seed, device="cpu", report=counted))
        seconds = round(time.process_time() - started, 1)
        vectors = model.item_vectors(content, data.catalogue.ids)

        def score(histories: Sequence[History], model: Any = model, vectors: Any = vectors) -> NDArray[np.float32]:
            found: NDArray[np.float32] = (model.queries(histories) @ vectors.T).max(axis=1)
            return found

        name = " ".join([strategy, *(f"{key}={value}" for key, value in settings.items())])
        report(name, score, hot, cold, knn, cpu_seconds=seconds, epochs=epochs)


if __name__ == "__main__":
    main()
