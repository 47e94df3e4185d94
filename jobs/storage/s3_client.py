"""The S3 client: patience, and addresses that a browser can use."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Where 30 % of all calls fail, one in 4,600 fails this many times in a row. What still fails is the job's to retry.
ATTEMPTS = 7
CONNECT_SECONDS = 5
READ_SECONDS = 30
CONNECTIONS = 16


def make_client() -> S3Client:
    """A client with the credentials, region and endpoint that boto3 finds by itself (`AWS_…`, `~/.aws`, the machine's
    role). Safe to share between threads.

    Throttled and failed calls are repeated with growing, random pauses, at most ATTEMPTS times. Raises botocore's
    errors, NoCredentialsError if it finds none.
    """
    # At DEBUG it writes session tokens and signatures into the log.
    logger = logging.getLogger("botocore")
    logger.setLevel(max(logger.level, logging.INFO))
    session = Session()
    if session.get_credentials() is None:
        raise NoCredentialsError
    client = _make(session, "virtual")
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    if ".amazonaws.com" not in host:
        # Other servers seldom answer to bucket.host. AWS's signed addresses, though, name the region only in this
        # style; without it they lead to a redirect, which a browser's upload does not survive.
        client = _make(session, "path")
    return client


def _make(session: Session, addressing_style: Literal["virtual", "path"]) -> S3Client:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        signature_version="s3v4",
        s3={"addressing_style": addressing_style},
    )
    return session.client("s3", config=config)
