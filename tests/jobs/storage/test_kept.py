"""Copies of objects that never change: fetched once, checked, and few."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from domain.errors.storage import ObjectNotFound
from jobs.storage.folder import FolderStorage
from jobs.storage.kept import KeptObjects


class Remote(FolderStorage):
    """A storage that is not on this machine, and counts what is fetched."""

    fetched = 0

    def local_path(self, key: str) -> Path | None:  # type: ignore[override]  # its own is always here
        return None

    def fetch(self, key: str, target: Path) -> str:
        self.fetched += 1
        return super().fetch(key, target)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path / "storage", None)


def stored(storage: FolderStorage, folder: Path, data: bytes) -> tuple[str, str]:
    """Key and SHA-256 of a new object."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = folder / "new"
    file.write_bytes(data)
    storage.put(f"artefacts/{sha256}", file)
    return f"artefacts/{sha256}", sha256


def test_an_object_is_fetched_once_for_all_processes(remote: Remote, tmp_path: Path) -> None:
    key, sha256 = stored(remote, tmp_path, b"a model")
    for _ in range(2):
        kept = KeptObjects(tmp_path / "kept")  # as a new process would make it
        assert [kept.read(remote, key, sha256) for _ in range(2)] == [b"a model"] * 2
    assert remote.fetched == 1
    assert [file.name for file in (tmp_path / "kept").iterdir()] == [sha256]


def test_a_damaged_copy_is_fetched_again(remote: Remote, tmp_path: Path) -> None:
    key, sha256 = stored(remote, tmp_path, b"a model")
    kept = KeptObjects(tmp_path / "kept")
    kept.read(remote, key, sha256)
    (tmp_path / "kept" / sha256).write_bytes(b"half a mod")
    assert kept.read(remote, key, sha256) == b"a model"
    assert remote.fetched == 2


def test_the_oldest_copies_make_room(remote: Remote, tmp_path: Path) -> None:
    kept = KeptObjects(tmp_path / "kept", most=2)
    known = [stored(remote, tmp_path, f"model {number}".encode()) for number in range(3)]
    for key, sha256 in known:
        kept.read(remote, key, sha256)
    assert {file.name for file in (tmp_path / "kept").iterdir()} == {sha256 for _, sha256 in known[1:]}
    assert kept.read(remote, *known[0]) == b"model 0"


def test_a_storage_of_this_machine_is_read_in_place(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "storage", None)
    kept = KeptObjects(tmp_path / "kept")
    assert kept.read(storage, *stored(storage, tmp_path, b"a model")) == b"a model"
    assert not (tmp_path / "kept").exists()
    with pytest.raises(ObjectNotFound):
        kept.read(storage, "artefacts/none", "0" * 64)


def test_what_is_not_there_leaves_no_copy(remote: Remote, tmp_path: Path) -> None:
    with pytest.raises(ObjectNotFound):
        KeptObjects(tmp_path / "kept").read(remote, "artefacts/none", "0" * 64)
    assert list((tmp_path / "kept").iterdir()) == []
