"""Parts of an evaluation, kept and found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from domain.experiments import Figure
from jobs.evaluation.parts import Part, PartStore, key_of

PART = Part(
    [Figure("content", "composer", "ndcg", 0.5, 0.4, 0.6, 12, space="mfcc", k=5, config={"share": 0.1})],
    {"values": np.array([0.25, np.nan]), "rows": np.array([3, 1])},
    {"config": {"epochs": 3}},
    1.5,
)


def test_a_part_comes_back_as_it_was(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    store.write("a" * 64, PART)
    found = PartStore(tmp_path).read("a" * 64)
    assert found is not None
    assert (found.figures, dict(found.about), found.seconds) == (PART.figures, {"config": {"epochs": 3}}, 1.5)
    np.testing.assert_array_equal(found.arrays["values"], [0.25, np.nan])
    assert found.arrays["rows"].tolist() == [3, 1]


def test_what_is_not_there_or_damaged_is_nothing(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    assert store.read("b" * 64) is None
    store.write("b" * 64, PART)
    [path] = tmp_path.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert store.read("b" * 64) is None


def test_a_key_is_of_all_that_a_part_depends_on_in_any_order() -> None:
    assert key_of("content", {"seed": 1, "log": "x"}) == key_of("content", {"log": "x", "seed": 1})
    assert key_of("content", {"seed": 1}) != key_of("content", {"seed": 2})
    assert key_of("content", {"seed": 1}) != key_of("probe", {"seed": 1})
