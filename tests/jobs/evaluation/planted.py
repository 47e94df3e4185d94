"""Documents of evaluations with planted figures, for the report."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from domain.experiments import EvaluationWish, Figure

NDCG = {"part": "content", "metric": "ndcg", "k": 5, "cases": 100}
NEXT = {"part": "hot", "task": "next track", "metric": "ndcg", "k": 10, "cases": 400}


def document(
    *figures: Figure, spaces: tuple[str, ...] = ("musicnn-mtt", "mfcc"), users: int = 0, people: bool = False
) -> dict[str, Any]:
    """As `jobs.evaluation.run.document` makes it: 200 tracks of 20 hours, heard by so many `users`, if any."""
    listening = None
    if users:
        cases = {"validation": 50, "hot": 400, "cold": 80, "again": 90, "seen": 60}
        listening = {
            "people": users if people else 0,
            "simulated": 0 if people else users,
            "of_people": people,
            "listenings": 40 * users,
            "users": users,
            "split": {"cases": cases, "cold_tracks": list(range(20)), "train_sha256": "ab" * 32},
        }
    return {
        "format": 1,
        "run": "00000000-0000-0000-0000-000000000007",
        "made_at": "2026-01-02T03:04:05+00:00",
        "wish": asdict(EvaluationWish()),
        "archive": {
            "tracks": 200,
            "left_out": 3,
            "thin_spaces": {"vgg-mtt": 20},
            "hours": 20.0,
            "albums": 12,
            "composers": 40,
            "truths": {"composer": "catalogue", "ensemble": "unknown", "instrument": "unknown", "tags": "unknown"},
            "tags_of": None,
        },
        "listening": listening,
        "spaces": [
            {"name": name, "backend": name, "dimension": 200, "revision": "r1", "drawn": name == "random"}
            for name in (*spaces, "random")
        ],
        "models": [],
        "figures": [asdict(figure) for figure in figures],
        "about": {},
        "not_done": [],
        "steps": [],
        "seed": 0,
        "versions": {"segue": "0.1.0"},
        "hashes": {"log": "cd" * 32},
        "tie_rule": "All orders count.",
    }


def ndcg(space: str, task: str, value: float) -> Figure:
    return Figure(task=task, space=space, value=value, low=value - 0.02, high=value + 0.02, **NDCG)  # type: ignore[arg-type]


def heard_next(strategy: str, space: str | None, value: float, part: str = "hot") -> Figure:
    about = NEXT | {"part": part}
    return Figure(strategy=strategy, space=space, value=value, low=value - 0.02, high=value + 0.02, **about)  # type: ignore[arg-type]


def hearing(space: str, seconds: float) -> Figure:
    """What an hour of audio takes."""
    config = {"source": "the jobs that filled it"}
    return Figure("cost", "space", "seconds an hour of audio", seconds, cases=200, space=space, config=config)


def microphone(space: str, metric: str, value: float) -> Figure:
    return Figure("confound", "composer", metric, value, value - 0.02, value + 0.02, 90, space, k=5)


def overlap(space: str, task: str, value: float) -> Figure:
    return Figure("robustness", task, "overlap", value, value - 0.02, value + 0.02, 60, space, k=10)


def difference(
    left: str, right: str, value: float, verdict: str, *, part: str, task: str, half: float = 0.02
) -> Figure:
    """Of two names; an interval of `half` to either side."""
    config = {"left": left, "right": right, "p": 0.01, "adjusted_p": 0.02, "effect": 0.3, "verdict": verdict}
    return Figure(
        part,
        task,
        "difference of ndcg",
        value,
        value - half,
        value + half,
        400,
        config=config,
        k=5 if part == "content" else 10,
    )
