"""Which tracks each task asks for, among which."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluation.content.tasks import Task, tasks
from ml.evaluation.content.truths import Truths, alike, encode

ALL = np.arange(9)


def test_labels_are_numbered_as_they_come() -> None:
    assert encode(["b", None, "a", "b", ("a", 1)]).tolist() == [0, -1, 1, 0, 2]


def found(task: Task) -> list[tuple[int, int]]:
    return [
        (int(a), int(b))
        for a, b in np.argwhere(task.relevant(ALL[: task.tracks]) & task.candidates(ALL[: task.tracks]))
    ]


def test_other_tracks_of_the_work_are_left_out_where_they_would_leak() -> None:
    truths = Truths(
        # Two movements of one work on album 0, the first again on album 1; another piece by the composer; one more.
        composer=encode(["a", "a", "a", "a", "b"]),
        album=encode([0, 0, 1, 1, 1]),
        work=encode(["w", "w", "w", "v", "u"]),
        piece=encode(["w1", "w2", "w1", "v", "u"]),
    )
    asked = {task.name: task for task in tasks(truths)}
    assert list(asked) == ["composer", "album", "work"]
    assert found(asked["composer"]) == [(0, 3), (1, 3), (2, 3), (3, 0), (3, 1), (3, 2)]
    assert found(asked["album"]) == [(2, 3), (2, 4), (3, 2), (3, 4), (4, 2), (4, 3)]
    assert found(asked["work"]) == [(0, 2), (2, 0)]
    # The other movement of the same performance is not in the way; that of another is.
    assert asked["work"].candidates(ALL[:1])[0].tolist() == [False, False, True, True, True]
    assert asked["work"].candidates(ALL[2:3])[0].tolist() == [True, True, False, True, True]
    assert asked["work"].queries.tolist() == [0, 2]


def test_nothing_unknown_is_the_same() -> None:
    truths = Truths(composer=encode([None, None, "a", "a"]), instrument=encode(["x", "y", "z", "w"]))
    (only,) = tasks(truths)  # no two have the same instrument
    assert (only.name, found(only)) == ("composer", [(2, 3), (3, 2)])
    assert tasks(Truths()) == ()


@pytest.mark.parametrize(("least", "pairs"), [(0.5, [(0, 1), (1, 0)]), (0.3, [(0, 1), (0, 2), (1, 0), (2, 0)])])
def test_tags_are_alike_from_a_share_on(least: float, pairs: list[tuple[int, int]]) -> None:
    # 0 and 1 share two of three, 0 and 2 one of three, 1 and 2 none; 3 has no tag, not even with itself.
    tags = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]], bool)
    matrix = alike(tags, ALL[:4], least) & ~np.eye(4, dtype=bool)
    assert [(int(a), int(b)) for a, b in np.argwhere(matrix)] == pairs
    assert not alike(tags, ALL[3:4], least).any()
