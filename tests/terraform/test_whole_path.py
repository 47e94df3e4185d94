"""From an upload to a recommendation, as it goes on AWS, with what the Terraform says and without an account.

The API and the ingest function run under `awslambdaric`, each in a process of its own with its deployed environment, as
the user of the database that they are there; a worker runs beside them; S3 is a server on loopback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import httpx
import psycopg
import pytest

from domain.ids import encode
from sql.migrate import migrate
from sql.roles import API, OWNER, WORKER, as_owner, grant_api, make_roles
from tests.api.events import body_of, post, with_claims
from tests.aws.lambda_runtime import Event, Function, running
from tests.aws.server import ADMINISTRATOR, REGION, aws_server
from tests.conftest import with_database
from tests.ml.recordings import sine, write
from tests.terraform.deployed_values import block, environment, sizes

PROJECT = Path(__file__).parents[2]
BUCKET = "segue-archive-123456789012"
CURATOR = {"sub": "1b2c", "iss": "https://issuer.example", "groups": "[curators]"}
REQUEST_UPLOAD = """mutation($name: String!, $size: Int!) { requestUpload(filename: $name, size: $size) {
    url method fields { name value } headers { name value } key job { id status } } }"""
JOB = "query($id: ID!) { job(id: $id) { status error } }"
TRACKS = "{ tracks(first: 10) { nodes { id title } } }"
SIMILAR = """query($id: ID!) { recommendSimilar(trackId: $id, first: 5) {
    fallbackReason items { track { title } } } }"""
PATIENCE_SECONDS = 90


class Deployment:
    """The functions, what S3 tells, and the files of what each process said."""

    def __init__(self, api: Function, ingest: Function, s3_url: str, queue: str, worker_log: Path) -> None:
        self.api = api
        self.ingest = ingest
        self.worker_log = worker_log
        self._sqs = boto3.client("sqs", endpoint_url=s3_url, region_name=REGION, **ADMINISTRATOR)
        self._queue = queue

    def ask(self, query: str, curator: bool = False, **variables: Any) -> Any:  # Any: JSON
        """The data of an operation that goes well."""
        event = post("http_api", query, variables, path="/curator/graphql" if curator else "/graphql")
        answer = self.api(with_claims(event, CURATOR) if curator else event)
        found = json.loads(body_of(answer))
        assert (answer["statusCode"], "errors" in found) == (200, False), found
        return found["data"]

    def upload(self, file: Path) -> str:
        """Send a recording where the API says; returns the job that waits for it."""
        ticket = self.ask(REQUEST_UPLOAD, curator=True, name=file.name, size=file.stat().st_size)["requestUpload"]
        assert ticket["job"]["status"] == "WAITING"
        fields = {field["name"]: field["value"] for field in ticket["fields"]}
        sent = httpx.post(ticket["url"], data=fields, files={"file": (file.name, file.read_bytes())})
        assert sent.status_code in (200, 204), sent.text
        return str(ticket["job"]["id"])

    def pass_on(self) -> list[Event]:
        """Call the ingest function with what S3 tells, as Lambda does; returns what it told."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            told = []
            for message in self._sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=1).get("Messages", []):
                told.append(json.loads(message["Body"]))
                self.ingest(told[-1])
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            if any("Records" in event for event in told):
                return told
        raise AssertionError("S3 tells of no upload")

    def wait(self, job: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (state := self.ask(JOB, curator=True, id=job)["job"])["status"] != "SUCCEEDED":
            assert state["status"] != "FAILED", state
            assert time.monotonic() < deadline, (state, self.worker_log.read_text())
            time.sleep(0.1)


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[str]:
    """As the migrate task leaves it, with the users that the services are."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE whole_path")
        url = with_database(postgres_url, "whole_path")
        make_roles(url)
        migrate(as_owner(url))
        grant_api(url)
        yield url
        connection.execute("DROP DATABASE whole_path WITH (FORCE)")
        # They are the server's, and other tests make them as somebody else.
        for role in (API, WORKER, OWNER):
            connection.execute(f"DROP ROLE {role}")


@pytest.fixture(scope="module")
def deployment(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    known = {
        "aws_s3_bucket.archive.id": BUCKET,
        "local.api_database_url": as_user(database, API),
        "local.worker_database_url": as_user(database, WORKER),
        "local.metrics_namespace": "Segue/segue",
    }
    with ExitStack() as stack:
        s3_url = stack.enter_context(aws_server(folder))
        queue = make_bucket(s3_url)
        # What the roles' credentials are there.
        aws = {name.upper(): value for name, value in ADMINISTRATOR.items()} | {"AWS_ENDPOINT_URL_S3": s3_url}
        functions = {}
        for name in ("api", "ingest"):
            deployed = environment(name, known) | aws | {"SEGUE_DATA_DIR": str(folder / name)}
            functions[name] = stack.enter_context(
                running(
                    block("resource", "aws_lambda_function", name)["handler"].strip('"'),
                    deployed,
                    folder / f"{name}.log",
                    code=PROJECT,
                    timeout_seconds=sizes()[name]["timeout_seconds"],
                )
            )
        deployed = environment("worker", known) | aws | {"SEGUE_DATA_DIR": str(folder / "worker")}
        stack.enter_context(worker(deployed, folder / "worker.log"))
        yield Deployment(functions["api"], functions["ingest"], s3_url, queue, folder / "worker.log")


@contextmanager
def worker(deployed: dict[str, str], log: Path) -> Iterator[None]:
    """`segue worker`, as the image starts it."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(log.parent), "AWS_DEFAULT_REGION": REGION}
    command = [sys.executable, "-m", "jobs.cli", "worker", "--processes", "1"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=kept | deployed, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def make_bucket(s3_url: str) -> str:
    """The bucket, which tells what the Terraform says, to a queue in place of the function; returns its address."""
    s3 = boto3.client("s3", endpoint_url=s3_url, region_name=REGION, **ADMINISTRATOR)
    sqs = boto3.client("sqs", endpoint_url=s3_url, region_name=REGION, **ADMINISTRATOR)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    queue = str(sqs.create_queue(QueueName="told")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    [told] = block("resource", "aws_s3_bucket_notification", "archive")["lambda_function"]
    prefix = {"Name": "prefix", "Value": told["filter_prefix"].strip('"')}
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": arn,
                    "Events": [event.strip('"') for event in told["events"]],
                    "Filter": {"Key": {"FilterRules": [prefix]}},
                }
            ]
        },
    )
    return queue


def as_user(url: str, user: str) -> str:
    return urlunsplit(urlsplit(url)._replace(netloc=user + "@"))


@pytest.mark.slow
def test_an_upload_becomes_a_recommendation(deployment: Deployment, tmp_path: Path) -> None:
    for title, frequency in (("Largo", 440.0), ("Lento", 446.0)):
        file = write(tmp_path / f"{title}.flac", sine(7, 16_000, frequency)[None], 16_000, layout="mono")
        job = deployment.upload(file)
        deployment.pass_on()
        deployment.wait(job)
    tracks = {node["title"]: node["id"] for node in deployment.ask(TRACKS)["tracks"]["nodes"]}
    assert sorted(tracks) == ["Largo", "Lento"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = deployment.ask(SIMILAR, id=tracks["Largo"])["recommendSimilar"]
        if found == {"fallbackReason": None, "items": [{"track": {"title": "Lento"}}]}:
            break
        assert time.monotonic() < deadline, (found, deployment.worker_log.read_text())
        time.sleep(0.1)
    # The ingest function told how much waits, which starts a worker, and the worker goes on telling.
    assert waiting(deployment.ingest.said)[0]["JobsWaiting"] >= 1
    assert waiting(deployment.worker_log.read_text().splitlines())


def test_news_that_come_again_do_nothing(deployment: Deployment, tmp_path: Path) -> None:
    file = write(tmp_path / "Presto.flac", sine(4, 16_000, 880.0)[None], 16_000, layout="mono")
    job = deployment.upload(file)
    told = deployment.pass_on()
    deployment.wait(job)
    before = len(deployment.ask(TRACKS)["tracks"]["nodes"])
    for event in told:
        answered = deployment.ingest(event)
        assert [encode("Job", one) for one in answered["jobs"]] == ([job] if "Records" in event else [])
    assert len(deployment.ask(TRACKS)["tracks"]["nodes"]) == before


def test_the_schedule_has_the_queue_looked_at(deployment: Deployment) -> None:
    target = block("resource", "aws_cloudwatch_event_target", "queue")["input"]
    assert 'segue = "tell-queue"' in target
    before = len(waiting(deployment.ingest.said))
    assert deployment.ingest({"segue": "tell-queue"}) == {"jobs": []}
    told = waiting(deployment.ingest.said)
    assert len(told) == before + 1
    assert told[-1]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Segue/segue"


def test_visitors_are_no_curators(deployment: Deployment) -> None:
    refused = json.loads(body_of(deployment.api(post("http_api", REQUEST_UPLOAD, {"name": "a.flac", "size": 9}))))
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["CURATOR_ONLY"]


def waiting(lines: list[str]) -> list[dict[str, Any]]:
    """What was told CloudWatch of waiting jobs."""
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if "JobsWaiting" in line]
