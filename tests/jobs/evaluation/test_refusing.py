"""A split whose questions are in the training is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.errors.evaluations import TrainedOnTestRows
from jobs.evaluation.listening import split
from jobs.evaluation.refusing import require_fair
from tests.jobs.evaluation.test_listening import IDS, log


def test_our_own_split_is_fair() -> None:
    require_fair("SHALLOW", split(log(), IDS, 0, np.array([3, 4])), IDS)


def test_what_was_trained_on_is_not_asked() -> None:
    """As in a split that lets models learn up to 9, although what is asked of them was heard from 8.1 on."""
    found = split(log(), IDS, 0, np.array([], np.int64))
    late = replace(found, train=log())
    with pytest.raises(TrainedOnTestRows, match="'SHALLOW' cannot be measured on this split: 1 of its 1 test rows"):
        require_fair("SHALLOW", late, IDS)
