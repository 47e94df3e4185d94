"""What went wrong with S3, as the storage says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from urllib3.exceptions import HTTPError

from domain.errors.base import SegueError
from domain.errors.storage import BucketNotFound, ObjectNotFound, StorageFailed, StorageForbidden, StorageUnreachable

MAY_PASS = (
    ConnectionError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    HTTPError,
    IncompleteReadError,
    MetadataRetrievalError,
)
WITHOUT_CREDENTIALS = (NoAuthTokenError, NoCredentialsError, PartialCredentialsError, ProfileNotFound, SSOError)

# Beside 5xx and 429.
CODES_THAT_MAY_PASS = frozenset({"NoSuchUpload", "OperationAborted", "RequestTimeout", "SlowDown", "Throttling"})
# Beside 401 and 403.
CODES_OF_CREDENTIALS = frozenset({"ExpiredToken", "InvalidToken", "TokenRefreshRequired"})

REMEDY = (
    "Check the bucket's policy and the credentials that boto3 finds: AWS_… variables, ~/.aws, or the machine's role."
)


@contextmanager
def naming_errors(bucket: str, action: str, key: str) -> Iterator[None]:
    """Turns botocore's errors into those of the storage."""
    try:
        yield
    except ClientError as error:
        raise _from_answer(error, bucket, action, key) from error
    except WITHOUT_CREDENTIALS as error:
        raise StorageForbidden(
            storage=_name(bucket), action=action, reason=_first_line(error), remedy=REMEDY
        ) from error
    except MAY_PASS as error:
        raise StorageUnreachable(storage=_name(bucket), action=action, reason=_first_line(error)) from error
    except BotoCoreError as error:
        raise StorageFailed(storage=_name(bucket), action=action, reason=_first_line(error)) from error


def _from_answer(error: ClientError, bucket: str, action: str, key: str) -> SegueError:
    code = error.response["Error"].get("Code", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    reason = error.response["Error"].get("Message") or code or f"HTTP status {status}"
    if code == "NoSuchBucket":
        return BucketNotFound(bucket=bucket)
    if status >= 500 or status == 429 or code in CODES_THAT_MAY_PASS:
        return StorageUnreachable(storage=_name(bucket), action=action, reason=reason)
    if status == 404:
        return ObjectNotFound(key=key)
    if status in (401, 403) or code in CODES_OF_CREDENTIALS:
        return StorageForbidden(storage=_name(bucket), action=action, reason=reason, remedy=REMEDY)
    return StorageFailed(storage=_name(bucket), action=action, reason=reason)


def _name(bucket: str) -> str:
    return f"s3://{bucket}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
