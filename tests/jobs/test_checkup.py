"""Whether everything is here that Segue needs."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest

import jobs.checkup
from domain.errors.machine import (
    DatabaseBehind,
    DatabaseNewer,
    DatabaseUnreachable,
    DataFolderUnwritable,
    DecoderBroken,
    DiskNearlyFull,
    WeightsMissing,
)
from domain.settings import Settings
from jobs.checkup import CHECKS, data_folder, database, decoders, disk, schema, weights
from sql.migrate import head


def test_all_is_well(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    found = {name: check(settings) for name, check in CHECKS.items()}
    assert found == found | {
        "data folder": f"{tmp_path} is writable",
        "schema": f"revision {head()}",
        "weights": "MusiCNN trained on MagnaTagATune, musicnn-0.1.0-MTT_musicnn-1",
        "decoders": "wav, flac, mp3, m4a, opus",
    }
    assert found["database"].startswith("PostgreSQL ")
    assert ", pgvector 0." in found["database"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnwritable, match=r"SEGUE_DATA_DIR"):
        data_folder(Settings(data_dir=tmp_path / "file"))


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(499_999_999))
    with pytest.raises(DiskNearlyFull, match=r"Only 500 MB are free for '.*/new', and 500 MB should be"):
        disk(Settings(data_dir=tmp_path / "new"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(2_500_000_000))
    assert disk(Settings(data_dir=tmp_path / "new")) == "2.5 GB free"


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable):
        database(Settings(data_dir=tmp_path, database_url="postgresql://postgres@127.0.0.1:1/none"))


def test_schemas_that_do_not_fit(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(DatabaseNewer):
            schema(settings)
        connection.execute("DELETE FROM alembic_version")
        with pytest.raises(DatabaseBehind, match=r"segue migrate"):
            schema(settings)


def test_weights_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match=r"pip install"):
        weights(Settings(data_dir=tmp_path))


def test_a_decoder_that_hears_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = jobs.checkup.decode
    monkeypatch.setattr(jobs.checkup, "decode", lambda path, rate: original(path, rate // 2))
    with pytest.raises(DecoderBroken, match=r"wav cannot be decoded: 1000 Hz came back as 2000 Hz"):
        decoders(Settings(data_dir=tmp_path))
