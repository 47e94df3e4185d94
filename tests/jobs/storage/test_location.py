"""SEGUE_STORAGE_URL says where the storage is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors.machine import ExtraMissing, InvalidSetting
from domain.settings import Settings
from jobs.storage.folder import FolderStorage
from jobs.storage.location import open_storage
from jobs.storage.s3 import S3Storage
from tests.jobs.storage.contract import write

# What the API may not load, and what only S3 needs.
HEAVY = {"torch", "sqlalchemy", "sqlmodel", "av", "pyarrow", "boto3", "botocore", "numpy"}


def opened(url: str | None, data_dir: Path = Path("data")) -> object:
    return open_storage(Settings(data_dir=data_dir, storage_url=url))


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        (None, "data/storage"),
        ("", "data/storage"),
        ("{}/my storage", "my storage"),
        ("relative", "relative"),
        ("~/music", "home/music"),
        ("file://{}/a%20b", "a b"),
        ("file://localhost{}/x", "x"),
    ],
)
def test_a_folder_is_named_by_its_path(
    url: str | None, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    storage = opened(url and url.format(tmp_path), tmp_path / "data")
    assert isinstance(storage, FolderStorage)
    assert list(tmp_path.iterdir()) == []
    storage.put("audio/x", write(tmp_path / "source", b"x"))
    assert (tmp_path / folder / "audio" / "x").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://segue-audio", "segue-audio", ""),
        ("s3://segue-audio/", "segue-audio", ""),
        ("s3://segue.audio/archive", "segue.audio", "archive/"),
        ("s3://segue-audio/a/b c/", "segue-audio", "a/b c/"),
    ],
)
def test_a_bucket_is_named_with_its_prefix(
    url: str, bucket: str, prefix: str, aws_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    storage = opened(url)
    assert isinstance(storage, S3Storage)
    assert (storage.bucket, storage.prefix) == (bucket, prefix)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("gs://bucket", "it is a folder, or s3://bucket/prefix"),
        ("https://bucket.s3.amazonaws.com", "it is a folder, or s3://bucket/prefix"),
        ("file://server/folder", "a folder's address is file:///path/of/the/folder"),
        ("file:///", "a folder's address is file:///path/of/the/folder"),
        ("s3://", "'' is not the name of a bucket"),
        ("s3://Bucket", "'Bucket' is not the name of a bucket"),
        ("s3://bucket/../x", "of the prefix, a part of it begins with a dot"),
        ("s3://bucket//x", "of the prefix, a part of it is empty"),
        ("s3://bucket/" + "x" * 201, "the prefix is longer than 200 bytes"),
    ],
)
def test_what_is_neither_is_refused(url: str, reason: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        opened(url)
    assert str(caught.value) == f"SEGUE_STORAGE_URL cannot be '{url}': {reason}"


def test_the_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_STORAGE_URL", "s3://segue-audio/archive")
    assert Settings().storage_url == "s3://segue-audio/archive"


class WithoutBoto3:
    """Finds modules as if boto3 was not installed."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == "boto3":
            raise ModuleNotFoundError("No module named 'boto3'", name="boto3")


def test_without_boto3_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("boto3", "jobs.storage.s3"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [WithoutBoto3, *sys.meta_path])
    with pytest.raises(ExtraMissing, match=r"Storage at s3://bucket needs packages .* pip install '\.\[aws\]'"):
        opened("s3://bucket")


def test_a_folder_needs_nothing_heavy() -> None:
    """The API opens the storage in the request path; where it is a folder, boto3 need not be installed."""
    program = (
        "import sys; from domain.settings import Settings; from jobs.storage import location, tickets; "
        "location.open_storage(Settings()); print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert HEAVY & set(done.stdout.split()) == set()
