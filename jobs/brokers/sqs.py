"""SQS as the broker: `sqs://queue-prefix?region=eu-central-1`, with credentials as boto3 finds them.

A queue is named `<prefix>_<queue>`, and beside it `<prefix>_<queue>_dlq` keeps rejected messages for two weeks. They
must exist, unless `create=yes` is given; `endpoint=http://…` names another server than AWS's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from threading import Event, Lock, Thread
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import dramatiq
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError
from dramatiq.errors import ConnectionClosed
from dramatiq_sqs import SQSBroker  # type: ignore[import-untyped]  # it publishes no types
from dramatiq_sqs.broker import MAX_DELAY_SECONDS, SQSConsumer  # type: ignore[import-untyped]  # likewise

from domain.errors.machine import BrokerMisnamed, BrokerUnreachable, QueueMissing
from jobs.brokers.retrying import retries

log = logging.getLogger(__name__)

# A message is hidden for so long, and for so long again every third of it. The library would hide a killed worker's
# message for twelve hours.
SILENCE_SECONDS = 60.0

# Reading takes longer than a worker waits for messages, which is a second.
TIMEOUTS = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
OPTIONS = {"region", "endpoint", "create"}


def worker(url: str, silence_seconds: float = SILENCE_SECONDS) -> dramatiq.Broker:
    """A message is hidden from others while its worker extends that, and comes back when it does not."""
    return _open(url, [retries()], silence_seconds)


def client(url: str) -> dramatiq.Broker:
    """Enqueuing raises BrokerUnreachable or QueueMissing."""
    return _open(url, [], SILENCE_SECONDS)


def _open(url: str, middleware: list[dramatiq.Middleware], silence_seconds: float) -> dramatiq.Broker:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if not parts.netloc or parts.path.strip("/") or options.keys() - OPTIONS:
        raise BrokerMisnamed(reason=f"it is sqs://queue-prefix, with any of {', '.join(sorted(OPTIONS))} behind a '?'")
    try:
        return _Broker(
            namespace=parts.netloc,
            middleware=middleware,
            dead_letter=True,
            visibility_timeout=round(silence_seconds),
            creates=options.get("create") == "yes",
            region_name=options.get("region"),
            endpoint_url=options.get("endpoint"),
            config=TIMEOUTS,
        )
    except (NoRegionError, ValueError) as error:
        raise BrokerMisnamed(reason=f"{error} Add ?region=…") from error


class _Broker(SQSBroker):  # type: ignore[misc]  # the library publishes no types
    def __init__(self, *, creates: bool, **options: Any) -> None:  # Any: the library's own
        super().__init__(**options)
        self._creates = creates
        self._kept: dict[str, _Kept] = {}  # by queue

    @property
    def consumer_class(self) -> type[SQSConsumer]:
        return _Consumer

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Queues need not be declared here. No delay is longer than SQS allows."""
        self.declare_queue(message.queue_name)
        # The library rounds down to whole seconds.
        delay = None if delay is None else min(-(-delay // 1000), MAX_DELAY_SECONDS) * 1000
        try:
            super().enqueue(message, delay=delay)
            return message
        except (BotoCoreError, ClientError) as error:
            raise BrokerUnreachable(reason=str(error).rstrip(".")) from error

    def consume(self, *arguments: Any, **options: Any) -> dramatiq.Consumer:  # Any: the library's own
        try:
            consumer: _Consumer = super().consume(*arguments, **options)
        except (BotoCoreError, ClientError) as error:
            raise _away(error) from error
        url = consumer.queue.url
        if url not in self._kept:
            self._kept[url] = _Kept(consumer.queue, consumer.visibility_timeout)
        consumer.kept = self._kept[url]
        return cast(dramatiq.Consumer, consumer)

    def close(self) -> None:
        for kept in self._kept.values():
            kept.close()
        super().close()

    def _get_or_create_sqs_queue(self, sqs_queue_name: str, **options: Any) -> Any:  # Any: boto3 makes it at run time
        if self._creates:
            return super()._get_or_create_sqs_queue(sqs_queue_name, **options)
        try:
            return self.sqs.get_queue_by_name(QueueName=sqs_queue_name)
        except self.sqs.meta.client.exceptions.QueueDoesNotExist as error:
            raise QueueMissing(name=sqs_queue_name) from error


class _Kept:
    """The messages of a queue that are in hand, whichever consumer received them: one that lost its connection is
    replaced by another while they are worked on. A thread keeps them hidden from others until they are dealt with."""

    def __init__(self, queue: Any, silence_seconds: int) -> None:  # Any: boto3 makes it at run time
        self._queue = queue
        self._silence_seconds = silence_seconds
        self._messages: dict[str, Any] = {}  # boto3's messages by message id
        self._lock = Lock()
        self._closed = Event()
        Thread(target=self._extend, name="visibility", daemon=True).start()

    def add(self, received: Iterable[Any]) -> None:
        with self._lock:
            self._messages.update((one.message_id, one._sqs_message) for one in received)

    def remove(self, message: Any) -> None:
        with self._lock:
            self._messages.pop(message.message_id, None)

    def close(self) -> None:
        self._closed.set()

    def _extend(self) -> None:
        while not self._closed.wait(self._silence_seconds / 3):
            with self._lock:
                handles = [message.receipt_handle for message in self._messages.values()]
            for start in range(0, len(handles), 10):
                entries = [
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": self._silence_seconds}
                    for number, handle in enumerate(handles[start : start + 10])
                ]
                try:
                    self._queue.change_message_visibility_batch(Entries=entries)
                except (BotoCoreError, ClientError) as error:
                    log.warning("Could not keep %d messages hidden: %s", len(entries), error)


class _Consumer(SQSConsumer):  # type: ignore[misc]  # the library publishes no types
    """Receives messages of a queue, which are then `kept` until they are dealt with."""

    kept: _Kept

    def __init__(self, *arguments: Any, **options: Any) -> None:  # Any: the library's own
        super().__init__(*arguments, **options)
        self._received: set[str] = set()

    def __next__(self) -> dramatiq.MessageProxy | None:
        try:
            message: Any = super().__next__()
        except (BotoCoreError, ClientError) as error:
            raise _away(error) from error
        # The library fetches several at once, and hands them out one by one.
        received = [*self.messages] if message is None else [message, *self.messages]
        self.kept.add(received)
        self._received.update(one.message_id for one in received)
        return cast("dramatiq.MessageProxy | None", message)

    def ack(self, message: Any) -> None:
        self._settle(message, super().ack)

    def nack(self, message: Any) -> None:
        self._settle(message, super().nack)

    def requeue(self, messages: Iterable[Any]) -> None:
        messages = list(messages)
        for message in messages:
            self.kept.remove(message)
            self._received.discard(message.message_id)
        try:
            super().requeue(messages)
        except (BotoCoreError, ClientError) as error:
            raise _away(error) from error  # they come back by themselves

    def _settle(self, message: Any, settle: Any) -> None:
        try:
            settle(message)
        except BotoCoreError as error:
            raise _away(error) from error  # which makes the library try again
        except ClientError as error:
            # It could not be kept hidden while SQS was away, and comes again; but it is not in hand any more.
            log.warning("A message is not ours any more: %s", error)
            self.message_refc -= 1
        self.kept.remove(message)
        if message.message_id in self._received:
            self._received.remove(message.message_id)
        else:
            self.message_refc += 1  # counted by the consumer before this one, which lost its connection


def _away(error: Exception) -> ConnectionClosed:
    """What makes the library try again later."""
    return ConnectionClosed(error)  # type: ignore[no-untyped-call]  # the library's is not typed
