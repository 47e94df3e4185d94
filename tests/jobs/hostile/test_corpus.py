"""The corpus itself: the same for the same seed, and of every kind."""

from __future__ import annotations

from pathlib import Path

from tests.jobs.hostile.corpus import KINDS, make_corpus


def test_a_seed_makes_the_same_files(tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        corpus = make_corpus(tmp_path / name, 7, 40)
        made.append([(file.path.name, file.good, file.path.read_bytes()) for file in corpus])
    assert made[0] == made[1]
    assert {kind for kind in KINDS if any(name[4:].startswith(kind) for name, _, _ in made[0])} == set(KINDS)
