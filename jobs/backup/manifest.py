"""What a backup says of itself; written last, so that what has one is whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from domain.errors.backups import BackupUnreadable
from jobs.backup.container import Members
from sql.backup.contents import Contents

NAME = "manifest.json"
FORMAT = 1


class BackedUpObject(BaseModel):
    """An object of the storage, and the SHA-256 (hex) of its bytes."""

    key: str
    sha256: str


class Manifest(BaseModel):
    """A backup: when it was made, by which version of the program, and what is in it."""

    format: int = FORMAT
    program: str
    made_at: datetime
    contents: Contents
    objects: list[BackedUpObject]


def write_manifest(members: Members, manifest: Manifest) -> None:
    with members.write(NAME) as sink:
        sink.write(manifest.model_dump_json(indent=1).encode())


def read_manifest(members: Members, path: Path) -> Manifest:
    """Raises BackupUnreadable."""
    try:
        with members.read(NAME) as source:
            manifest = Manifest.model_validate_json(source.read())
    except (KeyError, OSError):
        raise BackupUnreadable(path=path, reason="it has no manifest: its making was broken off") from None
    except ValidationError as error:
        raise BackupUnreadable(path=path, reason=f"its manifest is damaged ({error.error_count()} faults)") from None
    if manifest.format > FORMAT:
        raise BackupUnreadable(path=path, reason=f"a newer version of the program made it ({manifest.program})")
    return manifest


def member_of_table(name: str) -> str:
    return f"tables/{name}"


def member_of_object(key: str) -> str:
    return f"objects/{key}"
