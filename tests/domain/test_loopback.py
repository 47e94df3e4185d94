from __future__ import annotations

import pytest

from domain.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_names_of_the_machine_itself(host: str) -> None:
    assert is_loopback(host)


OTHERS = ["0.0.0.0", "::", "192.0.2.7", "localhost.", "localhost.example", "127.1", "0x7f.1", "2130706433"]  # noqa: S104


@pytest.mark.parametrize("host", [None, "", *OTHERS])
def test_names_that_are_not(host: str | None) -> None:
    assert not is_loopback(host)
