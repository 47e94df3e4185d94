"""Cores that this process may use, which a container may limit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.cores import available_cores

ALLOWED = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", ALLOWED),
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("6400000 100000", min(64, ALLOWED)),
        ("?", ALLOWED),
    ],
)
def test_a_quota_counts_where_there_is_one(tmp_path: Path, quota: str, cores: int) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(f"{quota}\n")
    assert available_cores(file) == cores


def test_without_a_quota_all_that_are_allowed_count(tmp_path: Path) -> None:
    assert available_cores(tmp_path / "nothing") == ALLOWED
