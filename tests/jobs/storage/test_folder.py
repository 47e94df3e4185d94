"""A folder as storage: the contract, and what only a folder has."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors.machine import FileUnwritable
from domain.errors.storage import InvalidStorageKey, ObjectNotFound, StorageForbidden, StorageFull, UploadRefused
from domain.signing import Signer
from jobs.storage.checksums import Checksums
from jobs.storage.folder import FolderStorage
from jobs.storage.folder_lock import changing
from jobs.storage.protocol import UploadTicket
from jobs.storage.tickets import PATH, PURPOSE, UploadGrant
from tests.jobs.storage.contract import StorageContract, ask, write
from tests.jobs.storage.killed_put import putting
from tests.jobs.storage.upload_server import upload_server

SIGNER = Signer([b"a key of the tests"])


class FolderBench:
    def __init__(self, root: Path, upload_url: str, storage: FolderStorage) -> None:
        self.root = root
        self.upload_url = upload_url
        self.storage = storage

    def tamper(self, key: str, data: bytes) -> None:
        (self.root / key).write_bytes(data)

    def address(self, ticket: UploadTicket) -> str:
        return self.upload_url + ticket.url

    def for_key(self, ticket: UploadTicket, key: str) -> UploadTicket:
        _, signature = ticket.url.split(".")
        _, *rest = json.loads(signed_text(ticket))
        changed = base64.urlsafe_b64encode(json.dumps([key, *rest]).encode()).decode().rstrip("=")
        return dataclasses.replace(ticket, url=f"{PATH}{changed}.{signature}")

    def forged(self, ticket: UploadTicket) -> UploadTicket:
        return dataclasses.replace(ticket, url=PATH + Signer([b"another key"]).sign(PURPOSE, signed_text(ticket)))

    def kill_a_put(self, key: str, source: Path) -> int:
        data = source.read_bytes()
        pipe = source.with_name("pipe")
        os.mkfifo(pipe)
        with putting({"SEGUE_STORAGE_URL": str(self.root)}, key, pipe) as process:
            with pipe.open("wb") as file:
                file.write(data[: len(data) // 2])
                file.flush()
                while not any(path.stat().st_size for path in unfinished(self.root)):
                    assert process.poll() is None
                    time.sleep(0.01)
                process.kill()
                code = process.wait()
            pipe.unlink()
        assert len(unfinished(self.root)) == 1
        for path in unfinished(self.root):
            path.unlink()
        return code


class TestFolderStorage(StorageContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[FolderBench]:
        storage = FolderStorage(tmp_path / "storage", SIGNER)
        with upload_server(storage, SIGNER) as url:
            yield FolderBench(tmp_path / "storage", url, storage)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def storage(root: Path) -> FolderStorage:
    return FolderStorage(root, SIGNER)


def signed_text(ticket: UploadTicket) -> str:
    return SIGNER.verify(PURPOSE, ticket.url.removeprefix(PATH)) or "not ours"


def unfinished(root: Path) -> list[Path]:
    folder = root / ".unfinished"
    return list(folder.iterdir()) if folder.exists() else []


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_objects_are_plain_files_beside_their_checksums(storage: FolderStorage, root: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "source", b"x")
    storage.put("audio/incoming/1/x.flac", source)
    assert files(root) == [".checksums/audio/incoming/1/x.flac.sha256", ".lock", "audio/incoming/1/x.flac"]
    assert storage.local_path("audio/incoming/1/x.flac") == root / "audio/incoming/1/x.flac"
    assert storage.listening_url("audio/incoming/1/x.flac", valid_seconds=60, content_type="audio/flac") is None
    storage.delete("audio/incoming/1/x.flac")
    assert sorted(path.name for path in root.iterdir()) == [".lock", ".unfinished"]


def test_a_file_put_there_by_hand_is_an_object_without_checksum(
    storage: FolderStorage, root: Path, tmp_path: Path
) -> None:
    (root / "audio").mkdir(parents=True)
    write(root / "audio" / "x.flac", b"x")
    write(root / "audio" / ".DS_Store", b"litter")
    os.mkfifo(root / "audio" / "pipe")
    os.symlink(root / "nowhere", root / "audio" / "dangling")
    assert [stored.key for stored in storage.list()] == ["audio/x.flac"]
    assert storage.stat("audio/x.flac").sha256 is None
    storage.fetch("audio/x.flac", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"x"
    assert not storage.exists("audio/pipe")
    with pytest.raises(ObjectNotFound):
        storage.fetch("audio/pipe", tmp_path / "target")


def test_a_torn_line_of_checksums_is_no_false_alarm(storage: FolderStorage, root: Path, tmp_path: Path) -> None:
    """A power cut in the middle of noting a checksum leaves half a line, at which the next begins anew."""
    write(tmp_path / "source", b"first")
    storage.put("audio/x", tmp_path / "source")
    lines = root / ".checksums" / "audio" / "x.sha256"
    write(lines, lines.read_bytes()[:30])
    storage.fetch("audio/x", tmp_path / "target")
    sha256 = storage.put("audio/x", write(tmp_path / "source", b"second"))
    assert storage.stat("audio/x").sha256 == sha256
    storage.fetch("audio/x", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"second"


def test_killed_between_checksum_and_object_nothing_is_wrong(
    storage: FolderStorage, root: Path, tmp_path: Path
) -> None:
    """The checksum of what was never moved into place is there; the object is still the older one, and whole."""
    older = storage.put("audio/x", write(tmp_path / "source", b"older"))
    Checksums(root).add("audio/x", hashlib.sha256(b"newer").hexdigest())
    assert storage.fetch("audio/x", tmp_path / "target") == older
    assert storage.stat("audio/x").sha256 == older


def test_an_object_and_a_folder_cannot_have_one_name(storage: FolderStorage, root: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "source", b"x")
    storage.put("audio/x", source)
    with pytest.raises(InvalidStorageKey, match="cannot have the same name"):
        storage.put("audio/x/y", source)
    with pytest.raises(InvalidStorageKey, match="cannot have the same name"):
        storage.put("audio", source)
    assert [stored.key for stored in storage.list()] == ["audio/x"]
    assert unfinished(root) == []


def test_what_a_killed_process_left_is_removed_after_a_day(storage: FolderStorage, root: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "source", b"x")
    storage.put("audio/x", source)
    for name, hours in (("old", 25), ("new", 23)):
        then = time.time() - hours * 3600
        os.utime(write(root / ".unfinished" / name, b"half"), (then, then))
    storage.put("audio/y", source)
    assert [path.name for path in unfinished(root)] == ["new"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A folder with room for about a megabyte, and a file of 3 MB beside it: on a disk of its own where we may mount
    one; else the files of this process may not grow larger."""
    source = write(tmp_path / "source", bytes(3_000_000))
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if mounted.returncode:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        yield folder, source
    finally:
        if mounted.returncode:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        else:
            subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named_and_nothing_is_half_written(small_disk: tuple[Path, Path], tmp_path: Path) -> None:
    folder, source = small_disk
    root = folder / "storage"
    storage = FolderStorage(root)
    storage.put("audio/x", write(tmp_path / "small-source", b"older"))
    with pytest.raises(StorageFull, match=f"There is no room for 'audio/x' in the storage '{root}': "):
        storage.put("audio/x", source)
    assert [(stored.key, stored.size) for stored in storage.list()] == [("audio/x", 5)]
    assert unfinished(root) == []
    storage.fetch("audio/x", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"older"
    storage.put("audio/y", tmp_path / "small-source")
    assert storage.exists("audio/y")


def test_a_full_disk_at_the_other_end_names_the_file(small_disk: tuple[Path, Path], tmp_path: Path) -> None:
    folder, source = small_disk
    (tmp_path / "storage" / "audio").mkdir(parents=True)
    source.rename(tmp_path / "storage" / "audio" / "x")
    with pytest.raises(FileUnwritable, match=f"'{folder}/target' cannot be written"):
        FolderStorage(tmp_path / "storage").fetch("audio/x", folder / "target")
    assert list(folder.iterdir()) == []


def test_a_folder_that_refuses_us_is_named(tmp_path: Path) -> None:
    # Not below tmp_path, which other users cannot enter.
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "storage"
        storage = FolderStorage(root)
        source = write(Path(folder) / "source", b"x")
        storage.put("audio/x", source)
        folders = [Path(folder), root, *root.rglob("*/")]
        for path in folders:
            path.chmod(0o555)
        with as_ordinary_user():
            with pytest.raises(
                StorageForbidden, match=f"The storage '{root}' does not let us write: Permission denied"
            ):
                storage.put("audio/y", source)
            assert storage.exists("audio/x")
            assert [stored.key for stored in storage.list()] == ["audio/x"]
            with pytest.raises(StorageForbidden, match="does not let us delete: Permission denied"):
                storage.delete("audio/x")
        for path in folders:
            path.chmod(0o755)
        assert files(root) == [".checksums/audio/x.sha256", ".lock", "audio/x"]


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Permissions stop everybody but root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(0)


def test_writers_deleters_and_readers_of_one_key_never_see_a_mixture(
    storage: FolderStorage, root: Path, tmp_path: Path
) -> None:
    contents = [bytes([number]) * 300_000 for number in range(3)]
    sources = [write(tmp_path / f"source{number}", content) for number, content in enumerate(contents)]
    ended = time.monotonic() + 1.5
    read: list[bytes] = []
    errors: list[BaseException] = []

    def repeat(act: Callable[[int], object]) -> None:
        number = 0
        while time.monotonic() < ended:
            number += 1
            try:
                act(number)
            except ObjectNotFound:
                continue
            except BaseException as error:
                errors.append(error)
                raise

    def fetch(number: int) -> None:
        storage.fetch("audio/deep/x", tmp_path / "target")
        read.append((tmp_path / "target").read_bytes())

    acts: list[Callable[[int], object]] = [
        lambda number: storage.put("audio/deep/x", sources[number % 3]),
        lambda number: storage.put("audio/deep/x", sources[(number + 1) % 3]),
        lambda number: storage.delete("audio/deep/x"),
        fetch,
    ]
    threads = [threading.Thread(target=repeat, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(read) <= set(contents)
    assert len(read) >= 3
    assert unfinished(root) == []


def test_an_object_and_its_checksum_are_read_and_changed_together(
    storage: FolderStorage, root: Path, tmp_path: Path
) -> None:
    """Whoever comes while another changes both waits for it."""
    source = write(tmp_path / "source", b"x")
    storage.put("audio/x", source)
    done: list[str] = []

    def act(name: str, call: Callable[[], object]) -> None:
        call()
        done.append(name)

    calls: dict[str, Callable[[], object]] = {
        "put": lambda: storage.put("audio/y", source),
        "fetch": lambda: storage.fetch("audio/x", tmp_path / "target"),
        "stat": lambda: storage.stat("audio/x"),
    }
    threads = [threading.Thread(target=act, args=named) for named in calls.items()]
    with changing(root):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(0.1)
        assert done == []
    for thread in threads:
        thread.join()
    assert sorted(done) == ["fetch", "put", "stat"]


def test_without_a_signer_there_are_no_tickets(root: Path) -> None:
    with pytest.raises(ValueError, match="no signer"):
        ask(FolderStorage(root), "audio/x")


def test_an_upload_is_stopped_where_its_grant_ends(storage: FolderStorage, root: Path) -> None:
    """Whatever length its sender claimed."""
    grant = UploadGrant("audio/incoming/1/x", 10, "audio/flac", 0)
    with storage.receive(grant) as upload:
        upload.write(bytes(10))
        with pytest.raises(UploadRefused, match="larger than 10 bytes"):
            upload.write(b"1")
    with pytest.raises(UploadRefused, match="empty"), storage.receive(grant) as upload:
        upload.finish()
    with storage.receive(grant) as upload:
        upload.write(b"no end")
    assert list(storage.list()) == []
    assert unfinished(root) == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text() | st.lists(st.sampled_from(["..", ".", "", "a", "b c", "\\", "\0", "~", "C:", "ü"])).map("/".join))
def test_no_key_leads_out_of_the_folder(storage: FolderStorage, root: Path, key: str) -> None:
    try:
        path = storage.local_path(key)
    except InvalidStorageKey:
        return
    resolved = Path(os.path.realpath(path))
    assert resolved.is_relative_to(os.path.realpath(root))
    assert str(resolved.relative_to(os.path.realpath(root))) == key
