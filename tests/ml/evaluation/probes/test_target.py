"""What may be asked of a probe, and how its answers are scored."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from ml.evaluation.probes.target import FLOOR, Target

ALONE = np.arange(100)


def test_only_classes_of_five_pieces_are_asked() -> None:
    # 7 tracks of four pieces; 6 tracks of five; 5 of five; 3 unknown.
    labels = np.array([4] * 7 + [9] * 6 + [2] * 5 + [-1] * 3)
    groups = np.array([1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 21, 22])
    rows, truth, classes = Target("composer", labels, groups).known()
    assert rows.tolist() == list(range(7, 18))
    assert truth.tolist() == [1] * 6 + [0] * 5
    assert classes == 2


def test_of_many_classes_the_ten_of_most_pieces_are_asked() -> None:
    labels = np.repeat(np.arange(14), np.arange(5, 19))
    rows, truth, classes = Target("composer", labels, np.arange(len(labels))).known()
    assert (classes, set(labels[rows].tolist())) == (10, set(range(4, 14)))
    assert set(truth.tolist()) == set(range(10))


def test_numbers_are_asked_where_they_are_known() -> None:
    rows, truth, classes = Target("tempo", np.array([60.0, np.nan, 120]), np.arange(3), numeric=True).known()
    assert (rows.tolist(), truth.tolist(), classes) == ([0, 2], [60, 120], 0)


def test_classes_count_alike_however_many_tracks_they_have() -> None:
    target = Target("instrument", np.zeros(6, np.int64), np.arange(6))
    truth, said = np.array([0.0, 0, 0, 0, 1, 1]), np.array([0.0, 0, 0, 1, 1, 0])
    assert target.score(truth, said) == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert target.score(truth, said) == pytest.approx(balanced_accuracy_score(truth, said))
    assert target.chance(truth, 2) == 1 / 2


def test_numbers_are_explained_or_not() -> None:
    target = Target("tempo", np.zeros(4), np.arange(4), numeric=True)
    truth = np.array([1.0, 2, 3, 4])
    # 1 - (0 + 0 + 0 + 1) / (2.25 + .25 + .25 + 2.25)
    assert target.score(truth, np.array([1.0, 2, 3, 5])) == pytest.approx(1 - 1 / 5)
    assert target.score(truth, np.full(4, 2.5)) == target.chance(truth, 0) == 0
    assert target.score(truth, 100 * truth) == FLOOR


def test_tags_are_ranked() -> None:
    target = Target("tags", np.zeros((4, 3), bool), np.arange(4))
    truth = np.array([[1.0, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 0]])
    said = np.array([[4.0, 4, 0], [3, 3, 0], [2, 2, 0], [1, 1, 0]])
    # The first tag is right at places 1 and 4, the second at 1 and 3; the third does not occur.
    assert target.score(truth, said) == pytest.approx(((1 / 1 + 2 / 4) / 2 + (1 / 1 + 2 / 3) / 2) / 2)
    assert target.chance(truth, 3) == 1 / 2
