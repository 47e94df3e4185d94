"""What `segue status` says of a space."""

from __future__ import annotations

import pytest

from domain.spaces import SpaceState
from jobs.cli.status import _space_line
from sql.overview import SpaceOverview


@pytest.mark.parametrize(
    ("backend", "failures", "line"),
    [
        ("musicnn-mtt", 0, "mine: 1,200 of 1,234 tracks"),
        ("musicnn-mtt", 34, "mine: 1,200 of 1,234 tracks, 34 failed"),
        ("muq", 0, "mine: 1,200 of 1,234 tracks (CC-BY-NC-4.0, no commercial use)"),
        ("musicnn-mtt+mule", 0, "mine: 1,200 of 1,234 tracks (ISC and CC-BY-NC-4.0, no commercial use)"),
        ("of-an-older-version", 0, "mine: 1,200 of 1,234 tracks"),
    ],
)
def test_a_licence_that_forbids_something_is_named(backend: str, failures: int, line: str) -> None:
    space = SpaceOverview(
        id=1,
        name="mine",
        backend=backend,
        dimension=8,
        revision="1",
        state=SpaceState.READY,
        indexed=False,
        tracks=1_200,
        failures=failures,
    )
    assert _space_line(space, 1_234) == line
