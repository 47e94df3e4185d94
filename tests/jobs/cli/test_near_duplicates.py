"""`segue near-duplicates` on real encodings, imported and heard by the real network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sql.embedded import stop
from tests.jobs.cli.command import segue
from tests.ml.melodies import melody
from tests.ml.recordings import write

RATE = 22_050
SECONDS = 40

Samples = NDArray[np.float32]


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    stop(folder)


def recorded(folder: Path, name: str, samples: Samples, bit_rate: int | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    channels = np.stack([samples, samples * np.float32(0.8)])
    return write(folder / name, channels, RATE, bit_rate=bit_rate, tags={"title": name, "composer": "A Composer"})


def music(folder: Path) -> Path:
    """One performance in six files; another one of the same work; and another work."""
    performance = melody(SECONDS, RATE, seed=1)
    air = recorded(folder / "Masters", "air.flac", performance)
    (folder / "Copies").mkdir()
    (folder / "Copies" / "air again.flac").write_bytes(air.read_bytes())
    recorded(folder / "Web", "air.mp3", performance, bit_rate=32_000)
    recorded(folder / "Web", "air.m4a", performance * np.float32(0.5), bit_rate=64_000)
    recorded(folder / "Excerpts", "air from 0 12.mp3", performance[12 * RATE : 33 * RATE], bit_rate=64_000)
    recorded(folder / "Masters", "air, another evening.flac", melody(SECONDS, RATE, seed=1, tempo=1.04))
    recorded(folder / "Masters", "sarabande.flac", melody(SECONDS, RATE, seed=2))
    return folder


@pytest.mark.slow
def test_only_recordings_of_one_signal_are_listed(data_dir: Path, tmp_path: Path) -> None:
    folder = music(tmp_path / "music")
    assert (
        segue("import", folder, data_dir=data_dir)
        .out[-1]
        .startswith("6 new tracks, 0 changed files, 1 more file of the same audio, 0 unchanged")
    )
    embedded = segue("embed", "--wait", data_dir=data_dir)
    assert embedded.out[-1] == "6 tracks embedded", embedded

    ran = segue("near-duplicates", "--report", tmp_path / "twice.json", data_dir=data_dir)
    assert ran.code == 0, ran.err
    rows = json.loads((tmp_path / "twice.json").read_text(encoding="utf-8"))
    # The two files of one audio, and each pair of four encodings: three whole ones and the excerpt.
    assert {(row["kind"], frozenset((name_of(row, "one"), name_of(row, "other")))) for row in rows} == {
        ("SAME_AUDIO", frozenset(("air again.flac", "air.flac"))),
        ("RE_ENCODING", frozenset(("air again.flac", "air.mp3"))),
        ("RE_ENCODING", frozenset(("air again.flac", "air.m4a"))),
        ("RE_ENCODING", frozenset(("air.mp3", "air.m4a"))),
        *(("OVERLAPPING", frozenset((name, "air from 0 12.mp3"))) for name in ("air again.flac", "air.mp3", "air.m4a")),
    }
    assert len(rows) == 7
    for row in rows:
        if row["kind"] == "OVERLAPPING":
            whole, part = ("other", "one") if name_of(row, "one") == "air from 0 12.mp3" else ("one", "other")
            assert (row[f"{whole}_from"], row[f"{whole}_to"]) == pytest.approx((12, 33), abs=1.5)
            assert (row[f"{part}_from"], row[f"{part}_to"]) == pytest.approx((0, 21), abs=1.5)

    recorded(folder / "Masters", "gigue.flac", melody(12, RATE, seed=3))
    assert segue("import", folder, data_dir=data_dir).out[-1].startswith("1 new track, 0 changed files")
    again = segue("near-duplicates", data_dir=data_dir)
    assert (
        "Not compared: 1 track that 'musicnn-mtt' does not hold yet; first: segue embed --space musicnn-mtt"
        in again.out
    )


def name_of(row: dict[str, Any], which: str) -> str:  # Any: JSON
    return Path(row[f"{which}_path"]).name
