"""A package's zip depends on its contents alone."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

from terraform.package.archive import write_zip


def filled(folder: Path, names: list[str]) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    return folder


def test_when_where_and_in_what_order_files_were_written_does_not_matter(tmp_path: Path) -> None:
    names = ["api/handler.py", "api/__pycache__/handler.cpython-313.pyc", "a.py", "ä.py", "numpy.libs/blas.so"]
    one = filled(tmp_path / "one", names)
    other = filled(tmp_path / "another" / "folder", names[::-1])
    for file in other.rglob("*.py"):
        os.utime(file, (1e9, 1e9))
        file.chmod(0o600)
    hashes = [write_zip(folder, tmp_path / f"{folder.name}.zip") for folder in (one, other)]
    assert hashes[0] == hashes[1] == hashlib.sha256((tmp_path / "one.zip").read_bytes()).hexdigest()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.namelist() == sorted(names, key=lambda name: Path(name).parts)
        # Lambda runs as another user than the one that unpacks.
        assert {about.external_attr >> 16 for about in packed.infolist()} == {0o100644}
        assert packed.read("a.py") == b"# a.py\n"


def test_another_content_is_another_zip(tmp_path: Path) -> None:
    one = filled(tmp_path / "one", ["a.py"])
    before = write_zip(one, tmp_path / "one.zip")
    (one / "a.py").write_text("# b.py\n")
    assert write_zip(one, tmp_path / "one.zip") != before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "one.zip"]
