"""The protocol of the published logs: what was published for popularity comes out, to the digits that were printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.sequential import measure
from tests.reference import reference


@pytest.mark.parametrize(
    ("log", "strategy", "hr", "ndcg"),
    [
        ("lastfm", "POPULAR", 0.0440, 0.0203),
        ("beauty", "POPULAR", 0.0152, 0.0068),
        ("beauty", "POPULAR_TRAIN", 0.0115, 0.0055),
    ],
)
def test_popularity_is_what_was_published(log: str, strategy: str, hr: float, ndcg: float) -> None:
    path = reference("bench", "sequential", f"{log}.txt")
    found = measure(path, strategy, 1, {})
    assert (found["hr@10"], found["ndcg@10"]) == (hr, ndcg)
    assert found["published"] == {"hr@10": hr, "ndcg@10": ndcg}


def test_any_log_can_be_measured_by_the_path_of_the_script(tmp_path: Path) -> None:
    # Everyone hears 1, 2, 3, …, each from an item of their own on, so that what comes next is certain.
    path = tmp_path / "log.txt"
    path.write_text("\n".join(f"{user} {' '.join(str(user + step) for step in range(6))}" for user in range(1, 30)))
    program = [sys.executable, "bench/sequential.py", str(path), "--strategy", "SASREC", "--set", "dimension=16"]
    program += ["--set", "epochs=15", "--set", "learning_rate=0.01", "--set", "every=5", "--threads", "1", "--quiet"]
    root = Path(__file__).parents[3]
    found = json.loads(subprocess.run(program, cwd=root, capture_output=True, text=True, check=True).stdout)
    assert (found["users"], found["items"], found["interactions"]) == (29, 34, 29 * 6)
    assert found["published"] is None
    assert found["settings"]["objective"] == "causal"
    assert found["settings"]["dimension"] == 16
    # Of 34 items 5 are the user's own: by chance a third of the targets is among the first ten.
    assert found["hr@10"] >= 0.9
    assert {"hr@10_standard_error", "ndcg@10", "ndcg@10_standard_error", "seconds", "peak_memory_mb"} <= found.keys()
