"""Where the storage is, as SEGUE_STORAGE_URL says it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from domain.errors.machine import ExtraMissing, InvalidSetting
from domain.errors.storage import InvalidStorageKey
from domain.settings import Settings
from domain.signing import Signer
from jobs.storage.folder import FolderStorage
from jobs.storage.keys import check_key
from jobs.storage.protocol import Storage

FOLDER = "storage"
REMOTE = "s3://"
# S3's own rule, in short.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# In bytes of UTF-8: what S3's 1,024 leave beside the longest key.
LONGEST_PREFIX = 200


def open_storage(settings: Settings, signer: Signer | None = None) -> Storage:
    """The storage that `settings.storage_url` names: a folder (a path or file:// address) or s3://bucket/prefix; unset,
    the folder `storage` in the data folder.

    Nothing is made there yet, and nobody asked, except the machine for its role's credentials. `signer` signs upload
    tickets for a folder; only the API gives out any. Raises InvalidSetting, ExtraMissing where boto3 is not installed,
    and StorageForbidden or StorageFailed where boto3 finds no credentials or an unusable configuration.
    """
    url = settings.storage_url
    if not url:
        return FolderStorage(settings.data_dir / FOLDER, signer)
    scheme, separator, rest = url.partition("://")
    if not separator:
        return FolderStorage(Path(url).expanduser().absolute(), signer)
    if scheme == "file":
        return FolderStorage(_folder(url), signer)
    if scheme == "s3":
        return _open_s3(url, *_bucket(url, rest))
    raise _invalid(url, "it is a folder, or s3://bucket/prefix")


def remote_base(settings: Settings) -> str | None:
    """What the places of the storage's objects begin with in the catalogue, such as "s3://bucket/prefix/"; None where
    they are files of this machine."""
    url = settings.storage_url
    return url.rstrip("/") + "/" if url and url.startswith(REMOTE) else None


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or path in ("", "/") or "\0" in path:
        raise _invalid(url, "a folder's address is file:///path/of/the/folder")
    return Path(path)


def _bucket(url: str, rest: str) -> tuple[str, str]:
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.rstrip("/")
    if not BUCKET.fullmatch(bucket):
        raise _invalid(url, f"'{bucket}' is not the name of a bucket")
    if len(prefix.encode(errors="replace")) > LONGEST_PREFIX:
        raise _invalid(url, f"the prefix is longer than {LONGEST_PREFIX} bytes")
    try:
        if prefix:
            check_key(prefix)
    except InvalidStorageKey as error:
        raise _invalid(url, f"of the prefix, {error.details['reason']}") from None
    return bucket, prefix


def _open_s3(url: str, bucket: str, prefix: str) -> Storage:
    try:
        # Only here: it takes 0.2 s, and who keeps a folder need not have boto3.
        from jobs.storage.s3 import S3Storage
    except ModuleNotFoundError as error:
        if error.name in ("boto3", "botocore", "s3transfer"):
            raise ExtraMissing(feature=f"Storage at {url}", extra="aws") from None
        raise
    return S3Storage(bucket, prefix)


def _invalid(url: str, reason: str) -> InvalidSetting:
    return InvalidSetting(name="SEGUE_STORAGE_URL", value=url, reason=reason)
