from __future__ import annotations

import errno
from pathlib import Path

import pytest

from domain.errors.machine import DiskFull, FileUnwritable
from jobs.storage.unfinished import write_file
from jobs.unwritable import unwritable


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_without_room_is_told_from_other_reasons(number: int) -> None:
    error = unwritable(Path("/srv/a"), OSError(number, "no room"))
    assert type(error) is DiskFull
    assert str(error).startswith("The disk is full: '/srv/a' cannot be written. Make room there and try again")


def test_other_reasons_are_named() -> None:
    error = unwritable(Path("/srv/a"), PermissionError(errno.EACCES, "Permission denied"))
    assert type(error) is FileUnwritable
    assert str(error) == "'/srv/a' cannot be written: Permission denied"


def test_a_file_that_cannot_be_made_is_unwritable(tmp_path: Path) -> None:
    with pytest.raises(FileUnwritable, match="No such file or directory"):
        write_file(tmp_path / "missing" / "file", iter([b"x"]), lambda found: None)
