"""What mean and deviation of MFCC find on the reference archive, by sample rate and number of coefficients:

    SEGUE_REFERENCE_DATA=FOLDER python -m bench.coefficients RENDERED_ARCHIVE

Each dimension is standardized over the archive; truths are the archive's own, "none" being an instrument like others.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import librosa
import numpy as np
import soxr  # type: ignore[import-untyped]  # ships no types

from ml.audio import channel_blocks, downmix
from ml.evaluation.content.retrieval import retrieve
from ml.evaluation.content.tasks import tasks
from ml.evaluation.content.truths import Truths, encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATES = (16_000, 22_050)
COUNTS = (13, 20, 40)
TASKS = ("ensemble", "instrument", "composer", "work")


def main(recordings: Path) -> None:
    reference = Path(os.environ["SEGUE_REFERENCE_DATA"]) / "archive"
    with (reference / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (reference / "catalog.json").open(encoding="utf-8") as file:
        places = {str(track["track_id"]): track["audio_s3_key"] for track in json.load(file)}
    for rate in RATES:
        found = np.stack([coefficients(recordings / places[row["track_id"]], rate) for row in rows])  # (tracks, 80)
        for count in COUNTS:
            chosen = np.concatenate([found[:, :count], found[:, max(COUNTS) : max(COUNTS) + count]], axis=1)
            means = {
                task.name: float(retrieve(standardized(chosen), task).values["ndcg@5"].mean())
                for task in tasks(truths_of(rows))
            }
            said = ", ".join(f"{name} {means[name]:.3f}" for name in TASKS)
            print(f"{rate} Hz, {count} coefficients: {said}", flush=True)


def coefficients(path: Path, rate: int) -> NDArray[np.float64]:
    """(80,): the means of 40 coefficients over a whole recording, then their deviations, with librosa's defaults."""
    blocks = list(channel_blocks(path))
    mono = np.concatenate([downmix(block) for block, _ in blocks])
    samples = soxr.resample(mono, blocks[0][1], rate).astype(np.float32)
    found = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=max(COUNTS))
    return np.concatenate([found.mean(axis=1), found.std(axis=1)])


def standardized(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Unit length, after each dimension was given mean 0 and deviation 1."""
    scaled = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-12)
    return np.asarray(scaled / np.linalg.norm(scaled, axis=1, keepdims=True), np.float32)


def truths_of(rows: list[dict[str, str]]) -> Truths:
    def column(name: str) -> NDArray[np.int64]:
        return encode([row[name] for row in rows])

    return Truths(
        composer=column("canonical_composer"),
        album=column("album_id"),
        piece=column("work_id"),
        work=column("work_id"),
        ensemble=column("ensemble"),
        instrument=column("solo_instrument"),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
