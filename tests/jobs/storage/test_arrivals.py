"""Uploads to S3: the server tells that they have arrived, the handler asks for their import, a worker fetches them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import httpx
import numpy as np
import psycopg
import pytest

from domain.errors.recordings import AudioMissing
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.hearing.decoding import hear
from jobs.ingest_handler import TELL_QUEUE, Arrival, arrivals
from jobs.storage.keys import INCOMING, incoming_key
from jobs.worker import WorkerPool
from ml.backends.registry import load
from tests.aws.server import ADMINISTRATOR, REGION
from tests.jobs.storage.conftest import BUCKET, ObjectServer
from tests.jobs.storage.test_s3 import use
from tests.ml.recordings import sine, write

_numbers = count(1)
KEY = "audio/incoming/7/Prélude & Fuge.flac"


@pytest.fixture(autouse=True)
def _service(object_server: ObjectServer, aws_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, object_server.url, object_server.service)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    url = f"s3://{BUCKET}/arrivals/{next(_numbers)}"
    return Settings(data_dir=tmp_path / "data", database_url=database_url, storage_url=url)


@pytest.mark.parametrize("prefix", ["", "segue/audio"])
def test_an_object_is_fetched_to_be_heard_and_removed_again(
    object_server: ObjectServer, tmp_path: Path, prefix: str
) -> None:
    url = f"s3://{BUCKET}/{prefix}".rstrip("/")
    source = AudioSource.of(Settings(data_dir=tmp_path, storage_url=url))
    object_server.administrator.put_object(Bucket=BUCKET, Key=f"{prefix}/{KEY}".removeprefix("/"), Body=b"music")
    place = source.place(KEY)
    assert place == f"{url}/{KEY}"
    with source.open(["/gone.flac", f"{url}/gone.flac", place]) as found:
        assert (found.suffix, found.read_bytes()) == (".flac", b"music")
    assert not found.exists()
    assert list((tmp_path / "scratch").iterdir()) == []
    with pytest.raises(AudioMissing), source.open([f"s3://another-bucket/{KEY}"]):
        pass


def record(name: str, key: str, bucket: str = "music", **more: str) -> dict[str, Any]:
    return {
        "eventSource": "aws:s3",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key, "eTag": "e7", **more}},
    }


def test_what_an_event_of_s3_says() -> None:
    created = "ObjectCreated:Put"
    event = {
        "Records": [
            record(created, "segue/audio/incoming/1/Pr%C3%A9lude+%26+Fuge+%2B.flac"),
            record("s3:ObjectCreated:CompleteMultipartUpload", "segue/audio/incoming/2/b.flac", versionId="v2"),
            record("ObjectRemoved:Delete", "segue/audio/incoming/3/c.flac"),
            record(created, "segue/snapshots/x.parquet"),
            record(created, "audio/incoming/4/d.flac"),
            record(created, "segue/audio/incoming/5/"),
            record(created, "segue/audio/incoming/6/e.flac", bucket="others"),
            record(created, "segue/audio/incoming/7/%2E%2E/e.flac"),
            {"eventSource": "aws:sqs", "body": "{}"},
        ]
    }
    assert list(arrivals(event, "s3://music/segue/")) == [
        Arrival("audio/incoming/1/Prélude & Fuge +.flac", "e7"),
        Arrival("audio/incoming/2/b.flac", "v2"),
    ]
    assert list(arrivals(event, "s3://music")) == [Arrival("audio/incoming/4/d.flac", "e7")]
    assert list(arrivals({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "music"}, "s3://music")) == []


@pytest.fixture
def told(object_server: ObjectServer, settings: Settings) -> Iterator[Any]:
    """Receives what the server tells of new uploads, as Lambda would: whole events."""
    sqs = boto3.client("sqs", endpoint_url=object_server.url, region_name=REGION, **ADMINISTRATOR)
    queue = sqs.create_queue(QueueName=f"arrivals-{next(_numbers)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}"}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    prefix = str(settings.storage_url).removeprefix(f"s3://{BUCKET}/") + "/" + INCOMING
    object_server.administrator.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
                }
            ]
        },
    )

    def receive() -> list[dict[str, Any]]:
        events = []
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not any("Records" in event for event in events):
            for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
                events.append(json.loads(message["Body"]))
        return events

    yield receive
    object_server.administrator.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})


HANDLE = """
import json, sys
from jobs.ingest_handler import handler
answers = [handler(event, None) for event in json.loads(sys.argv[1])]
heavy = {"torch", "sqlalchemy", "sqlmodel", "av", "soxr", "onnxruntime", "boto3", "strawberry", "starlette"}
print(json.dumps([answers, sorted(heavy & set(sys.modules))]))
"""


def handle(settings: Settings, events: list[dict[str, Any]]) -> list[list[str]]:
    """The jobs that the handler answers each event with, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", HANDLE, json.dumps(events)],
        env=os.environ
        | {"SEGUE_DATABASE_URL": str(settings.database_url), "SEGUE_STORAGE_URL": str(settings.storage_url)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "was destroyed" not in ended.stderr, ended.stderr
    answers, heavy = json.loads(ended.stdout)
    assert heavy == []
    return [answer["jobs"] for answer in answers]


def test_an_upload_to_s3_becomes_recommendable_once(settings: Settings, told: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "Largo.flac", sine(4, 16_000)[None], 16_000, layout="mono")
    source = AudioSource.of(settings)
    key = incoming_key("Largo & Fuge.flac")
    ticket = source.storage.upload_ticket(key, valid_seconds=60, max_bytes=1_000_000, content_type="audio/flac")
    answer = httpx.post(ticket.url, data=ticket.fields, files={"file": ("x", file.read_bytes(), "audio/flac")})
    assert answer.status_code in (200, 204), answer.text
    events = told()
    jobs = handle(settings, [*events, *events, {"Service": "Amazon S3", "Event": "s3:TestEvent"}])
    [job] = {job for answered in jobs for job in answered}
    assert jobs[-1] == []
    assert settings.database_url
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        with WorkerPool(settings, settings.database_url, processes=1):
            deadline = time.monotonic() + 60
            while connection.execute("SELECT count(*) FROM track_embeddings").fetchone() != (1,):
                assert time.monotonic() < deadline, connection.execute("SELECT * FROM jobs").fetchall()
                time.sleep(0.05)
        rows = connection.execute("SELECT t.title, f.path FROM tracks t JOIN track_files f ON f.track_id = t.id")
        assert rows.fetchall() == [("Largo & Fuge", f"{settings.storage_url}/{key}")]
        embedded = connection.execute("SELECT embedding::text FROM track_embeddings").fetchall()
        status = connection.execute("SELECT status FROM jobs WHERE id = %s", [job]).fetchone()
    assert status == ("SUCCEEDED",)
    heard = hear(load("musicnn-mtt"), file)
    np.testing.assert_allclose(json.loads(embedded[0][0]), heard.vector, atol=1e-6)
    assert list((settings.data_dir / "scratch").iterdir()) == []
    with psycopg.connect(settings.database_url) as connection:
        # The workers may have stopped before they looked at the sweeper's copy of a message.
        left = connection.execute("SELECT message_id FROM dramatiq.queue").fetchall()
    # The news comes once more, much later.
    assert handle(settings, events) == jobs[: len(events)]
    with psycopg.connect(settings.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (2,)
        assert connection.execute("SELECT message_id FROM dramatiq.queue").fetchall() == left


def test_an_outage_of_the_database_is_not_taken_for_an_upload_that_was_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at the queue that fails is tried again by the next one; what raises lands with the lost uploads."""
    monkeypatch.setenv("SEGUE_METRICS_NAMESPACE", "Segue/test")
    gone = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:9/gone"})
    assert handle(gone, [TELL_QUEUE]) == [[]]
