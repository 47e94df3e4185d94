"""Labels of tracks, read from a file and kept for jobs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from domain.errors.listeners import LabelsUnusable
from jobs.evaluation.labels import keep_labels, kept_labels, read_labels, require_known

GOOD = "track,aspect,value\n7,instrument, violin \n7,tag,slow\n7,tag,sad\n8,dynamics,soft\n9,tempo,\n"


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(content)
    return path


def test_values_are_by_aspect_and_track(tmp_path: Path) -> None:
    assert read_labels(written(tmp_path, GOOD)) == {
        "instrument": {"7": ("violin",)},
        "tag": {"7": ("slow", "sad")},
        "dynamics": {"8": ("soft",)},
    }


def test_a_kept_file_is_named_by_its_hash(tmp_path: Path) -> None:
    sha256 = keep_labels(written(tmp_path, GOOD), tmp_path / "data")
    assert sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert kept_labels(tmp_path / "data", sha256).read_text() == GOOD


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("track,value\n1,x\n", "it has no column 'aspect'"),
        ("track,aspect,value\n1,mood,x\n", "line 2 names the aspect 'mood'"),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(LabelsUnusable, match=reason):
        read_labels(written(tmp_path, content))


def test_labels_of_another_archive_are_refused(tmp_path: Path) -> None:
    labels = read_labels(written(tmp_path, GOOD))
    require_known(labels, [None, "8", "100"], tmp_path)
    with pytest.raises(LabelsUnusable, match="which gives keys such as '100'"):
        require_known(labels, [None, "100", "101"], tmp_path)
    with pytest.raises(LabelsUnusable, match="which gives tracks no keys"):
        require_known(labels, [None], tmp_path)
