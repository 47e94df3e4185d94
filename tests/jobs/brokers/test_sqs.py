"""SQS as the broker, against a server on loopback that speaks it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from urllib.parse import urlsplit

import boto3
import dramatiq
import pytest
from dramatiq.errors import ConnectionClosed

from domain.errors.machine import QueueMissing
from jobs.brokers.sqs import client, worker
from tests.aws.server import ADMINISTRATOR, REGION, aws_server
from tests.jobs.brokers.contract import BrokerContract, Server
from tests.jobs.brokers.proxy import Proxy

_prefixes = (f"segue{number}" for number in count())


@pytest.fixture(scope="session")
def sqs_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with aws_server(tmp_path_factory.mktemp("sqs")) as url:
        port = urlsplit(url).port
        assert port is not None
        yield port


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ADMINISTRATOR.items():
        monkeypatch.setenv(name.upper(), value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


class TestSqs(BrokerContract):
    @pytest.fixture
    def server(self, sqs_port: int, database_url: str) -> Iterator[Server]:
        proxy = Proxy(("127.0.0.1", 0), ("127.0.0.1", sqs_port))
        prefix = next(_prefixes)
        endpoint = f"http://127.0.0.1:{proxy.address[1]}"
        direct = boto3.client("sqs", endpoint_url=f"http://127.0.0.1:{sqs_port}", region_name=REGION)
        addresses = {
            name: direct.create_queue(QueueName=name)["QueueUrl"] for name in (f"{prefix}_embed", f"{prefix}_embed_dlq")
        }

        def count_rejected() -> int:
            about = direct.get_queue_attributes(QueueUrl=addresses[f"{prefix}_embed_dlq"], AttributeNames=["All"])
            return int(about["Attributes"]["ApproximateNumberOfMessages"])

        yield Server(f"sqs://{prefix}?region={REGION}&endpoint={endpoint}", database_url, proxy, count_rejected)
        proxy.close()
        direct.close()


def test_what_is_in_hand_stays_hidden_when_a_lost_connection_is_replaced(sqs_port: int) -> None:
    proxy = Proxy(("127.0.0.1", 0), ("127.0.0.1", sqs_port))
    url = f"sqs://{next(_prefixes)}?region={REGION}&create=yes&endpoint=http://127.0.0.1:{proxy.address[1]}"
    broker = worker(url, silence_seconds=3)
    try:
        broker.enqueue(dramatiq.Message(queue_name="embed", actor_name="embed_next", args=(), kwargs={}, options={}))
        first = broker.consume("embed", prefetch=1, timeout=1_000)
        message = next(first)
        assert message is not None
        with proxy.away(), pytest.raises(ConnectionClosed):
            next(broker.consume("embed", prefetch=1, timeout=1_000))
        first.close()
        second = broker.consume("embed", prefetch=1, timeout=1_000)
        ends_at = time.monotonic() + 5  # nobody would have hidden it for longer than three seconds
        while time.monotonic() < ends_at:
            assert next(second) is None
        second.ack(message)
        broker.close()
        time.sleep(3.5)  # one that was not deleted would be seen again
        assert next(second) is None
    finally:
        broker.close()
        proxy.close()


def test_a_consumer_that_cannot_give_back_what_it_received_ends_in_peace(sqs_port: int) -> None:
    """Any other error would end the thread that receives messages, and with it all work."""
    proxy = Proxy(("127.0.0.1", 0), ("127.0.0.1", sqs_port))
    url = f"sqs://{next(_prefixes)}?region={REGION}&create=yes&endpoint=http://127.0.0.1:{proxy.address[1]}"
    broker = worker(url)
    try:
        broker.enqueue(dramatiq.Message(queue_name="embed", actor_name="embed_next", args=(), kwargs={}, options={}))
        consumer = broker.consume("embed", prefetch=1, timeout=1_000)
        received = [next(consumer)]
        with proxy.away(), pytest.raises(ConnectionClosed):
            consumer.requeue(received)
    finally:
        broker.close()
        proxy.close()


def test_queues_are_made_only_when_that_is_allowed(sqs_port: int) -> None:
    url = f"sqs://{next(_prefixes)}?region={REGION}&endpoint=http://127.0.0.1:{sqs_port}"
    message = dramatiq.Message(queue_name="embed", actor_name="embed_next", args=("1",), kwargs={}, options={})
    with pytest.raises(QueueMissing, match="create=yes"):
        client(url).enqueue(message)
    client(f"{url}&create=yes").enqueue(message)
    client(url).enqueue(message)
