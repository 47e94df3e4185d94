"""S3 as storage, against a server that speaks its protocol: the contract, networks that fail, and who may what."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import logging
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import numpy as np
import pytest

from domain.errors.storage import BucketNotFound, ObjectNotFound, StorageFailed, StorageForbidden, StorageUnreachable
from jobs.storage import s3, s3_client
from jobs.storage.protocol import Storage, UploadTicket
from jobs.storage.s3 import S3Storage
from tests.aws.server import REGION
from tests.jobs.storage.conftest import BUCKET, ObjectServer
from tests.jobs.storage.contract import PAGE_OBJECTS, PART_BYTES, StorageContract, ask, write
from tests.jobs.storage.flaky_proxy import flaky_proxy
from tests.jobs.storage.killed_put import putting

_numbers = count(1)


class S3Bench:
    def __init__(self, server: ObjectServer, storage: S3Storage, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._server = server
        self._prefix = prefix
        self._monkeypatch = monkeypatch
        self.storage = storage

    def tamper(self, key: str, data: bytes) -> None:
        name = f"{self._prefix}/{key}"
        known = self._server.administrator.head_object(Bucket=BUCKET, Key=name)["Metadata"]
        self._server.administrator.put_object(Bucket=BUCKET, Key=name, Body=data, Metadata=known)

    def address(self, ticket: UploadTicket) -> str:
        return ticket.url

    def for_key(self, ticket: UploadTicket, key: str) -> UploadTicket:
        return dataclasses.replace(ticket, fields={**ticket.fields, "key": f"{self._prefix}/{key}"})

    def forged(self, ticket: UploadTicket) -> UploadTicket:
        """The same policy, signed by who knows the id of our key but not its secret."""
        with self._monkeypatch.context() as patch:
            use(patch, self._server.url, (self._server.service[0], "a wrong secret"))
            stranger = S3Storage(BUCKET, self._prefix)
        return ask(stranger, ticket.fields["key"].removeprefix(self._prefix + "/"))

    def kill_a_put(self, key: str, source: Path) -> int:
        """Killed when all parts are uploaded and only the call that completes them is on its way."""
        with flaky_proxy(self._server.url, hold_from=4) as proxy:
            environment = {
                "SEGUE_STORAGE_URL": f"s3://{BUCKET}/{self._prefix}",
                "AWS_ENDPOINT_URL_S3": proxy.url,
            }
            with putting(environment, key, source) as process:
                assert proxy.held.wait(30)
                process.kill()
                code = process.wait()
        name = f"/{BUCKET}/{self._prefix}/{key}".replace(" ", "%20")
        assert proxy.calls == {
            f"POST {name} ": 2,
            f"PUT {name} partNumber=1": 1,
            f"PUT {name} partNumber=2": 1,
        }
        return code


class TestS3Storage(StorageContract):
    @pytest.fixture
    def bench(
        self, object_server: ObjectServer, placed: S3Storage, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> S3Bench:
        use(monkeypatch, object_server.url, object_server.service)
        return S3Bench(object_server, placed, prefix, monkeypatch)


@pytest.fixture(autouse=True)
def _own_configuration(aws_environment: dict[str, str]) -> None:
    pass


@pytest.fixture
def prefix() -> str:
    """A place of the bucket for one test."""
    return f"test/{next(_numbers)}"


@pytest.fixture(scope="module")
def opened(object_server: ObjectServer) -> S3Storage:
    """Opened once, which takes half a second."""
    with pytest.MonkeyPatch.context() as patch:
        use(patch, object_server.url, object_server.service)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        return S3Storage(BUCKET, part_bytes=PART_BYTES, page_objects=PAGE_OBJECTS)


@pytest.fixture
def placed(opened: S3Storage, prefix: str) -> S3Storage:
    """The same storage at a place of its own."""
    storage = copy.copy(opened)
    storage.prefix = prefix + "/"
    return storage


@pytest.fixture
def storage(placed: S3Storage) -> S3Storage:
    return placed


def use(monkeypatch: pytest.MonkeyPatch, url: str, key: tuple[str, str]) -> None:
    """Let boto3 find this server and this access key."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key[1])


def every_call(storage: Storage, folder: Path) -> Iterator[Callable[[], object]]:
    """Everything that asks the server."""
    source = write(folder / "source", b"x")
    yield lambda: storage.put("audio/x", source)
    yield lambda: storage.fetch("audio/x", folder / "target")
    yield lambda: storage.stat("audio/x")
    yield lambda: storage.exists("audio/x")
    yield lambda: list(storage.list("audio/"))
    yield lambda: storage.delete("audio/x")


def test_a_prefix_keeps_archives_apart(
    object_server: ObjectServer,
    storage: S3Storage,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    source = write(tmp_path / "source", b"x")
    storage.put("audio/x", source)
    use(monkeypatch, object_server.url, object_server.service)
    neighbour = S3Storage(BUCKET, prefix + "0")
    neighbour.put("audio/y", source)
    assert [stored.key for stored in storage.list()] == ["audio/x"]
    assert [stored.key for stored in neighbour.list()] == ["audio/y"]
    assert [stored.key for stored in S3Storage(BUCKET).list(prefix + "/")] == [f"{prefix}/audio/x"]
    assert storage.local_path("audio/x") is None


def test_a_browser_may_listen_until_the_address_expires(storage: S3Storage, tmp_path: Path) -> None:
    storage.put("audio/Für Elise.flac", write(tmp_path / "source", b"0123456789"))
    url = storage.listening_url("audio/Für Elise.flac", valid_seconds=60, content_type="audio/flac")
    answer = httpx.get(url, headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["content-type"] == "audio/flac"
    assert httpx.get(url.replace("Elise", "Anna")).status_code == 403
    assert httpx.put(url, content=b"x").status_code == 403
    assert (
        httpx.get(storage.listening_url("audio/missing", valid_seconds=60, content_type="audio/flac")).status_code
        == 404
    )


def test_what_others_put_is_no_object_or_one_without_checksum(
    object_server: ObjectServer, storage: S3Storage, prefix: str, tmp_path: Path
) -> None:
    """The console makes "folders", which are empty objects; and who copies by hand notes no checksum."""
    for name in ("audio/", "audio/.hidden", "audio/x"):
        object_server.administrator.put_object(Bucket=BUCKET, Key=f"{prefix}/{name}", Body=b"x")
    assert [stored.key for stored in storage.list()] == ["audio/x"]
    assert storage.stat("audio/x").sha256 is None
    assert storage.fetch("audio/x", tmp_path / "target") == hashlib.sha256(b"x").hexdigest()


def test_everything_arrives_over_a_slow_network_that_fails_30_percent(
    object_server: ObjectServer, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    random = np.random.default_rng(3)
    contents = {f"audio/{number:02}": random.bytes(int(random.integers(0, 200_000))) for number in range(10)}
    contents["audio/large"] = random.bytes(20_000_000)
    with flaky_proxy(object_server.url, failing=0.3, delay=0.05, seed=1) as proxy:
        use(monkeypatch, proxy.url, object_server.service)
        storage = S3Storage(BUCKET, "flaky", part_bytes=PART_BYTES, page_objects=PAGE_OBJECTS)
        try:
            for key, content in contents.items():
                storage.put(key, write(tmp_path / "source", content))
            assert [stored.key for stored in storage.list()] == list(contents)
            for key, content in contents.items():
                assert storage.fetch(key, tmp_path / "target") == hashlib.sha256(content).hexdigest()
                assert (tmp_path / "target").read_bytes() == content
            storage.delete("audio/00")
            assert not storage.exists("audio/00")
        finally:
            for key in contents:
                object_server.administrator.delete_object(Bucket=BUCKET, Key=f"flaky/{key}")
    assert set(proxy.failures) == {"overloaded", "reset before", "reset after", "broken off"}
    assert 0.2 < proxy.failures.total() / proxy.calls.total() < 0.4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


@pytest.mark.parametrize("way", ["overloaded", "reset before"])
def test_a_server_that_goes_on_failing_is_unreachable_for_now(
    object_server: ObjectServer, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in (s3_client, s3):
        monkeypatch.setattr(module, "ATTEMPTS", 2)
    with flaky_proxy(object_server.url, failing=1) as proxy:
        monkeypatch.setattr(proxy, "fate", lambda call: way)
        use(monkeypatch, proxy.url, object_server.service)
        storage = S3Storage(BUCKET, "nowhere")
        for call in every_call(storage, tmp_path):
            with pytest.raises(StorageUnreachable, match=f"The storage s3://{BUCKET} does not "):
                call()
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_answers_that_always_break_off_are_given_up(
    object_server: ObjectServer, storage: S3Storage, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    storage.put("audio/x", write(tmp_path / "source", bytes(3_000_000)))
    monkeypatch.setattr(s3, "ATTEMPTS", 2)
    calls: list[str] = []
    with flaky_proxy(object_server.url) as proxy:
        monkeypatch.setattr(proxy, "fate", lambda call: calls.append(call) or "broken off")
        use(monkeypatch, proxy.url, object_server.service)
        with pytest.raises(StorageUnreachable):
            S3Storage(BUCKET, prefix).fetch("audio/x", tmp_path / "target")
    assert calls == [f"GET /{BUCKET}/{prefix}/audio/x "] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_nobody_at_the_address_is_unreachable_for_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(s3_client, "ATTEMPTS", 1)
    use(monkeypatch, "http://127.0.0.1:9", ("id", "secret"))
    for call in every_call(S3Storage(BUCKET), tmp_path):
        with pytest.raises(StorageUnreachable, match="Could not connect to the endpoint URL"):
            call()


def test_a_missing_bucket_is_named(
    object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remedy = "There is no bucket 'segue-nowhere'. Create it, or name another with SEGUE_STORAGE_URL."
    use(monkeypatch, object_server.url, ("test", "test"))
    for call in every_call(S3Storage("segue-nowhere"), tmp_path):
        with pytest.raises(BucketNotFound) as caught:
            call()
        assert str(caught.value) == remedy


def test_who_may_not_is_told_so(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, object_server.url, object_server.stranger)
    for call in every_call(S3Storage(BUCKET), tmp_path):
        with pytest.raises(StorageForbidden, match=f"The storage s3://{BUCKET} does not let us .* Check the bucket's"):
            call()


def test_a_wrong_secret_is_told(object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, object_server.url, (object_server.service[0], "a wrong secret"))
    for call in every_call(S3Storage(BUCKET), tmp_path):
        with pytest.raises(StorageForbidden):
            call()


def test_no_credentials_are_told() -> None:
    with pytest.raises(StorageForbidden, match="Unable to locate credentials"):
        S3Storage(BUCKET)


def test_an_unusable_configuration_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageForbidden, match=r"The config profile \(nobody\) could not be found"):
        S3Storage(BUCKET)
    monkeypatch.delenv("AWS_PROFILE")
    use(monkeypatch, "http://127.0.0.1:9", ("id", "secret"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "not a region")
    with pytest.raises(StorageFailed, match="not a region"):
        S3Storage(BUCKET)


def test_addresses_of_aws_name_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a new bucket's address is a redirect, which a browser's upload does not survive."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    storage = S3Storage("segue-audio", "archive")
    ticket = ask(storage, "audio/incoming/1/x")
    assert ticket.url == "https://segue-audio.s3.eu-central-1.amazonaws.com/"
    assert ticket.fields["key"] == "archive/audio/incoming/1/x"
    url = storage.listening_url("audio/x", valid_seconds=60, content_type="audio/flac")
    assert url.startswith("https://segue-audio.s3.eu-central-1.amazonaws.com/archive/audio/x?response-content-type=")


def test_no_credential_reaches_the_log(
    object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token-of-the-tests")
    use(monkeypatch, object_server.url, object_server.service)
    with caplog.at_level(logging.DEBUG):
        storage = S3Storage(BUCKET, "logged")
        for call in every_call(storage, tmp_path):
            with pytest.raises(StorageForbidden):  # the token is not one of this server
                call()
        ask(storage, "audio/x")
        storage.listening_url("audio/x", valid_seconds=60, content_type="audio/flac")
    for text in (*object_server.service, "a-token-of-the-tests", "Signature"):
        assert text not in caplog.text


@pytest.mark.parametrize("repeated", ["forwarded", "unknown upload"])
def test_a_lost_answer_to_the_last_call_of_an_upload_is_no_failure(
    repeated: str, object_server: ObjectServer, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The server has completed the upload; when the call is repeated, it says so or knows no such upload any more."""
    fates = iter(["forwarded", "reset after", repeated])
    with flaky_proxy(object_server.url) as proxy:
        monkeypatch.setattr(proxy, "fate", lambda call: next(fates) if call.startswith("POST") else "forwarded")
        use(monkeypatch, proxy.url, object_server.service)
        storage = S3Storage(BUCKET, prefix, part_bytes=PART_BYTES)
        sha256 = storage.put("audio/x", write(tmp_path / "source", bytes(2 * PART_BYTES)))
    assert list(fates) == []
    use(monkeypatch, object_server.url, object_server.service)
    assert S3Storage(BUCKET, prefix).fetch("audio/x", tmp_path / "target") == sha256


def test_an_upload_that_got_lost_may_be_tried_again(
    object_server: ObjectServer, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with flaky_proxy(object_server.url) as proxy:
        fates = iter(["forwarded", "unknown upload"])
        monkeypatch.setattr(proxy, "fate", lambda call: next(fates) if call.startswith("POST") else "forwarded")
        use(monkeypatch, proxy.url, object_server.service)
        storage = S3Storage(BUCKET, prefix, part_bytes=PART_BYTES)
        with pytest.raises(StorageUnreachable, match="The specified upload does not exist"):
            storage.put("audio/x", write(tmp_path / "source", bytes(2 * PART_BYTES)))
        assert not storage.exists("audio/x")
    unfinished = object_server.administrator.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix + "/")
    assert unfinished.get("Uploads", []) == []


def test_missing_objects_are_told_from_missing_rights(storage: S3Storage) -> None:
    with pytest.raises(ObjectNotFound):
        storage.stat("audio/x")
