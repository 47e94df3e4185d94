"""Time to encode a history for each trained strategy at its default size, on one core, without torch in the process.

python -m bench.encode [--length 50] [--repeats 500]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ml.serving import artefact
from ml.serving.encoder import OnnxQueryEncoder

TRACKS, CONTENT = 1000, 200
MODELS = (
    ("SHALLOW", {}),
    ("SHALLOW", {"interests": 3}),
    ("CONTRASTIVE", {}),
    ("HYBRID", {"variant": "linear"}),
    ("HYBRID", {"variant": "attention"}),
    ("COLLABORATIVE", {}),
    ("BERT4REC", {}),
)


def make(folder: Path) -> None:
    """Fits every model for one epoch, which does not change its size, and writes the artefacts."""
    from ml.models.registry import trainer
    from ml.training.data import Catalogue, History, TrainingData
    from ml.training.watch import Watch

    random = np.random.default_rng(0)
    content = random.standard_normal((TRACKS, CONTENT)).astype(np.float32)
    histories = [History.of(random.choice(TRACKS, 20, replace=False)) for _ in range(20)]
    data = TrainingData(Catalogue(np.arange(TRACKS), content), histories)
    for strategy, settings in MODELS:
        how = trainer(strategy)
        how.fit(data, how.config(epochs=1, **settings), Watch(device="cpu")).export(folder / "parts")
        print(artefact.store(folder / "parts", folder), flush=True)


def measure(folder: Path, sha256s: list[str], length: int, repeats: int) -> None:
    random = np.random.default_rng(0)
    for (strategy, settings), sha256 in zip(MODELS, sha256s, strict=True):
        model = artefact.load(folder, sha256)
        encoder = OnnxQueryEncoder(model)
        vectors = random.standard_normal((length, model.facts.dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        weights = np.ones(length, dtype=np.float32)
        seconds = []
        for _ in range(repeats):
            started = time.perf_counter()
            encoder.encode(vectors, weights)
            seconds.append(time.perf_counter() - started)
        p50, p95 = (round(1000 * float(np.quantile(seconds, q)), 3) for q in (0.5, 0.95))
        name = " ".join([strategy, *(f"{key}={value}" for key, value in settings.items())])
        size = artefact.place(folder, sha256).stat().st_size
        print(json.dumps({"model": name, "length": length, "p50_ms": p50, "p95_ms": p95, "artefact_kb": size // 1000}))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--length", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.make)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.encode", "--make", folder]
        sha256s = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        measure(Path(folder), sha256s, arguments.length, arguments.repeats)
        assert "torch" not in sys.modules


if __name__ == "__main__":
    main()
