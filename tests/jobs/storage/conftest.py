"""Fixtures for tests of storages: a server that speaks S3, and a user who may do what the service needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from types_boto3_s3 import S3Client

from tests.aws.server import ADMINISTRATOR, REGION, aws_server

BUCKET = "segue-tests"

# All that S3Storage calls, and nothing else.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::*"},
    ],
}


@dataclass(frozen=True)
class ObjectServer:
    """A server that speaks S3: its address, its administrator, and the keys (id, secret) of the service and of a user
    who may do nothing."""

    url: str
    administrator: S3Client
    service: tuple[str, str]
    stranger: tuple[str, str]


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with aws_server(tmp_path_factory.mktemp("aws")) as url:
        administrator = boto3.client("s3", endpoint_url=url, region_name=REGION, **ADMINISTRATOR)
        administrator.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        iam = boto3.client("iam", endpoint_url=url, region_name=REGION, **ADMINISTRATOR)
        keys = {}
        for user in ("service", "stranger"):
            iam.create_user(UserName=user)
            made = iam.create_access_key(UserName=user)["AccessKey"]
            keys[user] = made["AccessKeyId"], made["SecretAccessKey"]
        iam.put_user_policy(UserName="service", PolicyName="storage", PolicyDocument=json.dumps(POLICY))
        yield ObjectServer(url, administrator, **keys)


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables that keep boto3 from whatever configuration this machine has; set."""
    values = {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
    }
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values
