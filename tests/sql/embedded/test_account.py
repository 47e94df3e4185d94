from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

import pytest

from sql.embedded import account, ensure_running

from .peers import ask

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@only_root
def test_folders_are_opened_no_further_than_needed(tmp_path: Path) -> None:
    closed = tmp_path / "root"
    files = closed / "data" / "postgres"
    tree = closed / "venv" / "pginstall"
    for folder in (files, tree / "bin"):
        folder.mkdir(parents=True)
    (tree / "bin" / "postgres").touch(0o700)
    (tree / "bin" / "notes").touch(0o600)
    for folder in (closed, files.parent, files, tree.parent, tree, tree / "bin"):
        folder.chmod(0o700)

    account.let_in(pwd.getpwnam("nobody"), files, [tree])

    assert [mode(path) for path in (closed, files.parent, tree.parent)] == [0o701] * 3
    assert mode(files) == 0o700
    assert [mode(path) for path in (tree, tree / "bin")] == [0o705] * 2
    assert [mode(tree / "bin" / name) for name in ("postgres", "notes")] == [0o705, 0o604]


def test_everybody_but_root_runs_the_server_as_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account.account_for(tmp_path / "postgres") is None


@only_root
def test_root_runs_the_server_as_the_owner_of_the_folder(data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    data_dir.mkdir()
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)

    assert ask(ensure_running(data_dir), "SELECT 42") == 42

    assert [(data_dir / name).stat().st_uid for name in ("postgres", "postgres.lock")] == [nobody.pw_uid] * 2


@only_root
def test_where_root_owns_the_folder_there_is_an_account_for_it(data_dir: Path) -> None:
    ensure_running(data_dir)

    assert (data_dir / "postgres").stat().st_uid == pwd.getpwnam("pgserver").pw_uid
    assert mode(data_dir / "postgres") == 0o700
