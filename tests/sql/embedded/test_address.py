from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from domain.errors.machine import EmbeddedServerFailed
from sql.embedded import address, ensure_running, stop

from .peers import ask


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    "name",
    ["a" * 60 + "/" + "b" * 60, 'Öffentliche Musikbücherei, 2. Stock: "Tonträger" $(touch x) `touch y` 100%'],
    ids=["long", "odd"],
)
def test_any_path_will_do(tmp_path: Path, home: Path, name: str) -> None:
    data_dir = tmp_path / name
    try:
        url = ensure_running(data_dir)
        assert ask(url, "SELECT current_database()") == "segue"
        assert ask(url, "SHOW data_directory") == str(data_dir / "postgres")
        assert ensure_running(data_dir) == url
        link = Path(url.partition("?host=")[2].partition("&")[0])
        assert link.is_relative_to(home)
        assert link.resolve() == data_dir / "postgres"
    finally:
        assert stop(data_dir)
    assert not link.is_symlink()


def test_an_ordinary_path_needs_no_link(home: Path) -> None:
    assert address.socket_folder(Path("/srv/segue/postgres")) == Path("/srv/segue/postgres")
    assert list(home.iterdir()) == []
    # "/.s.PGSQL.5432" takes 14 bytes of 103.
    assert address.socket_folder(Path("/" + "a" * 88)) == Path("/" + "a" * 88)
    assert address.socket_folder(Path("/" + "a" * 89)) != Path("/" + "a" * 89)


def test_a_link_goes_into_no_folder_that_others_can_write(home: Path) -> None:
    (home / ".cache").write_text("no folder")
    shared = home / f"segue-{os.geteuid()}"
    shared.mkdir()
    shared.chmod(0o777)

    with pytest.raises(EmbeddedServerFailed, match="too long for a socket"):
        address.socket_folder(Path("/" + "a" * 89))

    shared.chmod(0o700)
    assert address.socket_folder(Path("/" + "a" * 89)).parent == shared
