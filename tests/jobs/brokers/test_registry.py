"""Choosing a broker by its address."""

from __future__ import annotations

import sys

import pytest

from domain.errors.machine import BrokerMisnamed, BrokerUnknown, ExtraMissing
from jobs.brokers.registry import SCHEMES, client_broker, worker_broker

DATABASE = "postgresql://nobody@/none"


@pytest.mark.parametrize("url", ["kafka://me:secret@host", "me:secret@host", "/a/folder", "postgresql://host/db"])
@pytest.mark.parametrize("open_broker", [client_broker, worker_broker])
def test_another_scheme_is_refused_without_telling_passwords(open_broker, url: str) -> None:
    with pytest.raises(BrokerUnknown) as refused:
        open_broker(url, DATABASE)
    assert refused.value.details["accepted"] == "redis://, rediss://, amqp://, amqps://, sqs://"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://host:port",
        "sqs:///prefix",
        "sqs://prefix/queue",
        "sqs://prefix?regoin=eu-central-1",
        "amqp://host?socket_timeout=soon",
    ],
)
def test_an_address_that_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(BrokerMisnamed, match="SEGUE_BROKER_URL cannot be used"):
        client_broker(url, DATABASE)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_library_that_is_not_installed_is_named_by_its_extra(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("redis", "pika", "dramatiq_sqs"):
        monkeypatch.setitem(sys.modules, library, None)
    for module, _ in SCHEMES.values():
        monkeypatch.delitem(sys.modules, module, raising=False)
    for module in ("dramatiq.brokers.redis", "dramatiq.brokers.rabbitmq"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(ExtraMissing, match=rf"pip install '\.\[{SCHEMES[scheme][1]}\]'"):
        client_broker(f"{scheme}://host", DATABASE)
