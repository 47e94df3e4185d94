"""What every storage must do.

A storage's test class inherits this and says how to get it, in a Bench:

    class TestMine(StorageContract):
        @pytest.fixture
        def bench(self) -> Bench:
            return MyBench()
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import httpx
import numpy as np
import pytest

from domain.errors.storage import InvalidStorageKey, ObjectDamaged, ObjectNotFound
from jobs.storage.protocol import Storage, StoredObject, UploadTicket

PART_BYTES = 5 << 20
PAGE_OBJECTS = 10

UNSAFE_KEYS = [
    "",
    "/",
    "/etc/passwd",
    "../secret",
    "audio/../../secret",
    "audio/..",
    "audio/./x",
    "audio//x",
    "audio/",
    ".checksums/x",
    "audio/.hidden",
    "audio\\..\\x",
    "audio/x\0.flac",
    "audio/x\ny",
    "audio/\udcff",
    "x" * 241,
    "/".join(["x" * 200] * 4) + "/y",
]


class Bench(Protocol):
    """A storage to be tested, and what only its keeper or a stranger can do."""

    storage: Storage

    def tamper(self, key: str, data: bytes) -> None:
        """Change an object's bytes and nothing of what is known about it."""

    def address(self, ticket: UploadTicket) -> str:
        """Where a client sends the upload: a whole URL."""

    def for_key(self, ticket: UploadTicket, key: str) -> UploadTicket:
        """The ticket, changed to name another object by who cannot sign."""

    def forged(self, ticket: UploadTicket) -> UploadTicket:
        """The ticket, signed with a wrong key."""

    def kill_a_put(self, key: str, source: Path) -> int:
        """Put in a process of its own, kill that in the middle, and return its exit code."""


class StorageContract:
    @pytest.fixture
    def storage(self, bench: Bench) -> Storage:
        return bench.storage

    @pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, 20_000_000])
    def test_what_was_put_is_fetched(self, storage: Storage, tmp_path: Path, size: int) -> None:
        data = np.random.default_rng(size).bytes(size)
        sha256 = hashlib.sha256(data).hexdigest()
        started = datetime.now(UTC) - timedelta(seconds=1)  # S3 tells whole seconds
        assert storage.put("snapshots/space/r1.parquet", write(tmp_path / "source", data)) == sha256
        target = write(tmp_path / "target", b"older")
        assert storage.fetch("snapshots/space/r1.parquet", target) == sha256
        assert target.read_bytes() == data
        assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["source", "target"]
        stored = storage.stat("snapshots/space/r1.parquet")
        assert stored == StoredObject("snapshots/space/r1.parquet", size, stored.modified, sha256)
        assert started <= stored.modified <= datetime.now(UTC) + timedelta(seconds=1)

    def test_keys_are_kept_as_they_are(self, storage: Storage, tmp_path: Path) -> None:
        keys = [
            "audio/incoming/1/Dvořák – Největší.flac",
            "audio/incoming/2/100% + a&b=c?#;:@!$'()*,~[].wav",
            "audio/incoming/3/ two  blanks .mp3",
            "audio/incoming/4/東京.ogg",
            "audio/incoming/5/" + "x" * 240,
            "audio/incoming/6/%2e%2e%2fx",
        ]
        for key in keys:
            storage.put(key, write(tmp_path / "source", key.encode()))
        assert [stored.key for stored in storage.list()] == keys
        for key in keys:
            storage.fetch(key, tmp_path / "target")
            assert (tmp_path / "target").read_text() == key

    def test_a_later_object_takes_the_place_of_the_earlier(self, storage: Storage, tmp_path: Path) -> None:
        for text in ("first", "second", "first"):
            sha256 = storage.put("artefacts/x", write(tmp_path / "source", text.encode()))
            assert storage.stat("artefacts/x").sha256 == sha256
            storage.fetch("artefacts/x", tmp_path / "target")
            assert (tmp_path / "target").read_text() == text
        assert [stored.key for stored in storage.list()] == ["artefacts/x"]

    def test_listing_is_by_prefix_in_order_over_many_pages(self, storage: Storage, tmp_path: Path) -> None:
        names = ["a", "a b", "a/1", "a/2", "a-b/1", "a.b", "aé", "b", *(f"c/{number}" for number in range(25))]
        keys = [f"audio/{name}" if name != "a" else "audio/a0" for name in names]
        source = write(tmp_path / "source", b"12345")
        for key in np.random.default_rng(1).permutation(keys).tolist():
            storage.put(key, source)
        ordered = sorted(keys, key=str.encode)
        assert [stored.key for stored in storage.list()] == ordered
        assert {(stored.size, stored.sha256) for stored in storage.list()} == {(5, None)}
        for prefix in ("audio/", "audio/a", "audio/a/", "audio/a-", "audio/c/1", "audio/none", "aud"):
            assert [stored.key for stored in storage.list(prefix)] == [key for key in ordered if key.startswith(prefix)]

    def test_an_empty_storage_lists_nothing(self, storage: Storage) -> None:
        assert list(storage.list()) == []
        assert list(storage.list("audio/")) == []

    def test_a_missing_object_is_named(self, storage: Storage, tmp_path: Path) -> None:
        storage.put("audio/x/y", write(tmp_path / "source", b"x"))
        for key in ("audio/z", "audio/x", "audio/x/y/z", "audio/x/y z"):
            assert not storage.exists(key)
            with pytest.raises(ObjectNotFound, match=f"There is no object '{key}' in the storage"):
                storage.stat(key)
            with pytest.raises(ObjectNotFound):
                storage.fetch(key, tmp_path / "target")
            storage.delete(key)
        assert not (tmp_path / "target").exists()
        assert storage.exists("audio/x/y")

    def test_a_deleted_object_is_gone(self, storage: Storage, tmp_path: Path) -> None:
        source = write(tmp_path / "source", b"x")
        storage.put("audio/x/1", source)
        storage.put("audio/x/2", source)
        storage.delete("audio/x/1")
        assert [stored.key for stored in storage.list()] == ["audio/x/2"]
        storage.delete("audio/x/2")
        assert list(storage.list()) == []
        storage.put("audio/x/1", source)
        assert storage.exists("audio/x/1")

    def test_damage_is_noticed(self, bench: Bench, tmp_path: Path) -> None:
        bench.storage.put("artefacts/x", write(tmp_path / "source", b"genuine"))
        bench.tamper("artefacts/x", b"changed")
        target = write(tmp_path / "target", b"older")
        with pytest.raises(ObjectDamaged) as caught:
            bench.storage.fetch("artefacts/x", target)
        assert caught.value.details == {
            "key": "artefacts/x",
            "found": hashlib.sha256(b"changed").hexdigest(),
            "expected": hashlib.sha256(b"genuine").hexdigest(),
        }
        assert target.read_bytes() == b"older"
        bench.storage.put("artefacts/x", tmp_path / "source")
        bench.storage.fetch("artefacts/x", target)
        assert target.read_bytes() == b"genuine"

    @pytest.mark.parametrize("key", UNSAFE_KEYS)
    def test_an_unsafe_key_is_refused_everywhere(self, storage: Storage, tmp_path: Path, key: str) -> None:
        source = write(tmp_path / "source", b"x")
        with pytest.raises(InvalidStorageKey):
            storage.put(key, source)
        with pytest.raises(InvalidStorageKey):
            storage.fetch(key, tmp_path / "target")
        for call in (storage.stat, storage.exists, storage.delete, storage.local_path):
            with pytest.raises(InvalidStorageKey):
                call(key)
        with pytest.raises(InvalidStorageKey):
            storage.upload_ticket(key, valid_seconds=60, max_bytes=1, content_type="audio/flac")
        with pytest.raises(InvalidStorageKey):
            storage.listening_url(key, valid_seconds=60, content_type="audio/flac")

    @pytest.mark.parametrize("prefix", ["..", "/", "audio/../", "audio\\", "a\0"])
    def test_an_unsafe_prefix_is_refused(self, storage: Storage, prefix: str) -> None:
        with pytest.raises(InvalidStorageKey):
            list(storage.list(prefix))

    def test_a_file_that_is_not_there_is_an_error_of_the_caller(self, storage: Storage, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            storage.put("audio/x", tmp_path / "nothing")
        assert list(storage.list()) == []

    def test_a_killed_put_leaves_the_older_object(self, bench: Bench, tmp_path: Path) -> None:
        bench.storage.put("audio/old", write(tmp_path / "old", b"older"))
        source = write(tmp_path / "source", np.random.default_rng(2).bytes(12_000_000))
        for key in ("audio/old", "audio/new"):
            assert bench.kill_a_put(key, source) == -9
        assert [stored.key for stored in bench.storage.list()] == ["audio/old"]
        assert not bench.storage.exists("audio/new")
        bench.storage.fetch("audio/old", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == b"older"
        bench.storage.put("audio/new", source)
        bench.storage.fetch("audio/new", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == source.read_bytes()

    def test_an_upload_with_a_ticket_arrives(self, bench: Bench, tmp_path: Path) -> None:
        key = "audio/incoming/1/Für Elise.flac"
        before = time.time()
        ticket = ask(bench.storage, key)
        assert before + 59 <= ticket.expires.timestamp() <= time.time() + 60
        for data in (b"x", b"0123456789"):
            assert upload(bench, ticket, data) in (200, 201, 204)
            assert bench.storage.fetch(key, tmp_path / "target") == hashlib.sha256(data).hexdigest()
            assert (tmp_path / "target").read_bytes() == data
        assert bench.storage.stat(key).size == 10

    def test_an_upload_that_is_too_large_or_empty_is_refused(self, bench: Bench) -> None:
        ticket = ask(bench.storage, "audio/incoming/1/x")
        assert [upload(bench, ticket, bytes(size)) for size in (11, 5_000_000, 0)] == [400, 400, 400]
        assert list(bench.storage.list()) == []

    def test_an_upload_of_another_type_is_refused(self, bench: Bench) -> None:
        ticket = ask(bench.storage, "audio/incoming/1/x")
        assert upload(bench, ticket, b"<script>", content_type="text/html") in (400, 403)
        assert list(bench.storage.list()) == []

    def test_an_upload_under_another_key_is_refused(self, bench: Bench) -> None:
        ticket = bench.for_key(ask(bench.storage, "audio/incoming/1/x"), "artefacts/y")
        assert upload(bench, ticket, b"x") == 403
        assert list(bench.storage.list()) == []

    def test_a_forged_ticket_is_refused(self, bench: Bench) -> None:
        assert upload(bench, bench.forged(ask(bench.storage, "audio/incoming/1/x")), b"x") == 403
        assert list(bench.storage.list()) == []

    def test_an_expired_ticket_is_refused(self, bench: Bench) -> None:
        ticket = ask(bench.storage, "audio/incoming/1/x", valid_seconds=1)
        time.sleep(max(0, ticket.expires.timestamp() - time.time()) + 1.1)  # S3 grants the second that has begun
        assert upload(bench, ticket, b"x") == 403
        assert list(bench.storage.list()) == []

    @pytest.mark.parametrize("seconds", [0, -1, 7 * 24 * 3600 + 1])
    def test_an_address_is_valid_for_a_week_at_most(self, storage: Storage, seconds: int) -> None:
        with pytest.raises(ValueError, match=f"1 to 604800 seconds, not {seconds}"):
            ask(storage, "audio/x", valid_seconds=seconds)
        with pytest.raises(ValueError, match=f"1 to 604800 seconds, not {seconds}"):
            storage.listening_url("audio/x", valid_seconds=seconds, content_type="audio/flac")


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def ask(storage: Storage, key: str, valid_seconds: int = 60) -> UploadTicket:
    """A ticket for ten bytes of FLAC."""
    return storage.upload_ticket(key, valid_seconds=valid_seconds, max_bytes=10, content_type="audio/flac")


def upload(bench: Bench, ticket: UploadTicket, data: bytes, content_type: str | None = None) -> int:
    """Do with a ticket what a client does; returns the status of the answer."""
    headers, fields = dict(ticket.headers), dict(ticket.fields)
    if content_type:
        (headers if ticket.method == "PUT" else fields)["Content-Type"] = content_type
    url = bench.address(ticket)
    if ticket.method == "PUT":
        return httpx.put(url, content=data, headers=headers).status_code
    return httpx.post(url, data=fields, files={"file": ("recording", data)}, headers=headers).status_code
