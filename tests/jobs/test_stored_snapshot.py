"""Snapshots in the storage: written whole, and no reason to fail."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from sqlalchemy import Engine

from domain.settings import Settings
from domain.spaces import BACKENDS
from jobs.storage.location import open_storage
from jobs.stored_snapshot import snapshot_key, store_snapshot
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        track_id = add_track(connection, "Prelude", "/music/prelude.flac")
        save_track_embedding(connection, revision_id, track_id, vector=np.array((0.6, 0.8), np.float32), segments=())
    return revision_id


def test_it_lies_under_its_space_and_revision(database_url: str, revision_id: int, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert store_snapshot(settings, database_url, "musicnn-mtt", revision_id) is True
    assert snapshot_key("musicnn-mtt", revision_id) == f"snapshots/musicnn-mtt/r{revision_id}.parquet"
    file = open_storage(settings).local_path(snapshot_key("musicnn-mtt", revision_id))
    assert file is not None
    assert parquet.read_table(file)["vector"].to_pylist() == [[np.float32(0.6), np.float32(0.8)]]


def test_a_storage_that_cannot_be_written_is_only_logged(
    database_url: str, revision_id: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    settings = Settings(data_dir=tmp_path, storage_url=str(tmp_path / "file"))
    assert store_snapshot(settings, database_url, "musicnn-mtt", revision_id) is False
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage().startswith("No snapshot of 'musicnn-mtt' in the storage: ")
