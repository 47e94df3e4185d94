"""A storage in S3, or in any server that speaks its protocol. Needs boto3: imported only by who opens it."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.exceptions import ClientError

from domain.errors.storage import ObjectDamaged, ObjectNotFound, StorageUnreachable
from jobs.storage.keys import SHA256, check_key, check_prefix, is_key
from jobs.storage.protocol import StoredObject, UploadTicket, check_validity
from jobs.storage.s3_client import ATTEMPTS, make_client
from jobs.storage.s3_errors import naming_errors
from jobs.storage.unfinished import write_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

CHUNK_BYTES = 1 << 20
# Files from this size are uploaded in parts of this size, several at once. Ten thousand parts are 78 GB.
PART_BYTES = 8 << 20
PARTS_AT_ONCE = 4
PAGE_OBJECTS = 1000
# Metadata of each object that we put. What S3 itself computes over an upload in parts is not the SHA-256 of the whole.
CHECKSUM = "sha256"
LONGEST_PAUSE_SECONDS = 8


class S3Storage:
    """Objects of a bucket whose keys begin with `prefix` and a slash; without one where `prefix` is empty. See Storage.

    Its actions in IAM: s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and s3:DeleteObject on the objects,
    s3:ListBucket on the bucket, without which S3 refuses to say that an object is missing. A killed upload leaves
    parts that nobody sees; let the bucket's lifecycle remove them.
    """

    def __init__(
        self, bucket: str, prefix: str = "", *, part_bytes: int = PART_BYTES, page_objects: int = PAGE_OBJECTS
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix and prefix + "/"
        self._part_bytes = part_bytes
        self._page_objects = page_objects
        with naming_errors(bucket, "be opened", ""):
            self._client: S3Client = make_client()

    def put(self, key: str, source: Path) -> str:
        name = self._name(key)
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        transfer = TransferConfig(
            multipart_threshold=self._part_bytes,
            multipart_chunksize=self._part_bytes,
            max_concurrency=PARTS_AT_ONCE,
        )
        with self._naming_errors("write", key), create_transfer_manager(self._client, transfer) as manager:
            try:
                manager.upload(str(source), self.bucket, name, {"Metadata": {CHECKSUM: sha256}}).result()
            except ClientError as error:
                # An upload in parts is unknown once it is complete; so the call that completed it was answered, but
                # the answer got lost and the call was repeated.
                if error.response["Error"].get("Code") != "NoSuchUpload" or not self._holds(key, sha256):
                    raise
        return sha256

    def fetch(self, key: str, target: Path) -> str:
        name = self._name(key)
        attempt = 0
        while True:
            attempt += 1
            with self._naming_errors("read", key):
                answer = self._client.get_object(Bucket=self.bucket, Key=name)
            try:
                return self._receive(answer, key, target)
            except StorageUnreachable:
                # botocore repeats a call that fails, but not one whose answer breaks off.
                if attempt == ATTEMPTS:
                    raise
            time.sleep(random.uniform(0, min(0.5 * 2**attempt, LONGEST_PAUSE_SECONDS)))  # noqa: S311 (not a secret)

    def stat(self, key: str) -> StoredObject:
        name = self._name(key)
        with self._naming_errors("read", key):
            try:
                found = self._client.head_object(Bucket=self.bucket, Key=name)
            except ClientError as error:
                # This answer has no body. What is wrong (no object? no bucket? an expired token?) says another one.
                if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    self._client.list_objects_v2(Bucket=self.bucket, Prefix=name, MaxKeys=1)
                raise
        return StoredObject(key, found["ContentLength"], found["LastModified"], _checksum(found["Metadata"]))

    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except ObjectNotFound:
            return False
        return True

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        check_prefix(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix + prefix, PaginationConfig={"PageSize": self._page_objects}
        )
        with self._naming_errors("list", prefix):
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self.prefix)
                    if is_key(key):
                        yield StoredObject(key, found["Size"], found["LastModified"])

    def delete(self, key: str) -> None:
        name = self._name(key)
        with self._naming_errors("delete", key):
            self._client.delete_object(Bucket=self.bucket, Key=name)

    def local_path(self, key: str) -> None:
        check_key(key)

    def upload_ticket(self, key: str, *, valid_seconds: int, max_bytes: int, content_type: str) -> UploadTicket:
        name = self._name(key)
        check_validity(valid_seconds)
        with self._naming_errors("sign an upload", key):
            post = self._client.generate_presigned_post(
                self.bucket,
                name,
                Fields={"Content-Type": content_type},
                Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
                ExpiresIn=valid_seconds,
            )
        return UploadTicket(
            method="POST",
            url=post["url"],
            fields=post["fields"],
            headers={},
            expires=datetime.fromtimestamp(int(time.time()) + valid_seconds, UTC),
        )

    def listening_url(self, key: str, *, valid_seconds: int, content_type: str) -> str:
        """See Storage. Where our credentials expire earlier, as those of a role do, the address expires with them."""
        name = self._name(key)
        check_validity(valid_seconds)
        with self._naming_errors("sign an address", key):
            return self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self.bucket, "Key": name, "ResponseContentType": content_type},
                ExpiresIn=valid_seconds,
            )

    def _receive(self, answer: GetObjectOutputTypeDef, key: str, target: Path) -> str:
        expected = _checksum(answer["Metadata"])

        def check(found: str) -> None:
            if expected and found != expected:
                raise ObjectDamaged(key=key, found=found, expected=expected)

        def chunks() -> Iterator[bytes]:
            with self._naming_errors("read", key):
                yield from answer["Body"].iter_chunks(CHUNK_BYTES)

        with answer["Body"]:
            return write_file(target, chunks(), check)

    def _holds(self, key: str, sha256: str) -> bool:
        try:
            return self.stat(key).sha256 == sha256
        except ObjectNotFound:
            return False

    def _name(self, key: str) -> str:
        return self.prefix + check_key(key)

    def _naming_errors(self, action: str, key: str) -> AbstractContextManager[None]:
        return naming_errors(self.bucket, action, key)


def _checksum(metadata: dict[str, str]) -> str | None:
    sha256 = metadata.get(CHECKSUM, "")
    return sha256 if SHA256.fullmatch(sha256) else None
