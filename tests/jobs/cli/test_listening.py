"""The server's address."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from domain.errors.machine import AddressUnusable, PortTaken
from jobs.cli.listening import answers, base_url, free_port, require_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_free_port_is_fine(taken: int) -> None:
    require_port("127.0.0.1", free_port("127.0.0.1", taken))


def test_a_taken_port_is_refused_with_a_free_one_named(taken: int) -> None:
    with pytest.raises(PortTaken) as refusal:
        require_port("127.0.0.1", taken)
    require_port("127.0.0.1", refusal.value.details["other"])
    assert refusal.value.details["other"] != taken


def test_an_address_of_another_machine() -> None:
    with pytest.raises(AddressUnusable, match=r"cannot listen on 192\.0\.2\.1, port 8000"):
        require_port("192.0.2.1", 8000)
    with pytest.raises(AddressUnusable, match=r"no-such-host\.invalid"):
        require_port("no-such-host.invalid", 8000)


def test_addresses_for_a_browser() -> None:
    assert base_url("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert base_url("0.0.0.0", 80) == "http://127.0.0.1:80"  # noqa: S104 -- not listened on
    assert base_url("::1", 80) == "http://[::1]:80"


def test_nobody_answers_on_a_free_port(taken: int) -> None:
    assert not answers("127.0.0.1", free_port("127.0.0.1", taken + 1))
