"""Snapshots read back equal to what the database holds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import Engine

from domain.errors.asking import SpaceNotFound, SpaceNotReady
from domain.errors.machine import FileUnwritable
from domain.spaces import BACKENDS
from jobs import snapshots
from jobs.snapshots import export_embeddings
from sql.spaces.embeddings import SegmentVector, save_track_embedding
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=3)


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def space(engine: Engine) -> dict[str, int]:
    """Two tracks, the first with two segments, the second with none and without a file; ids by title."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        prelude = add_track(connection, "Prelude", "/music/prelude.flac")
        fugue = add_track(connection, "Fugue")
        save_track_embedding(connection, revision_id, fugue, vector=unit(0, 0, 1), segments=())
        save_track_embedding(
            connection,
            revision_id,
            prelude,
            vector=unit(1, 2, 3),
            segments=[SegmentVector(0.0, 14.96, unit(1, 1, 0)), SegmentVector(14.96, 20.0, unit(0, 1, 1))],
        )
    return {"Prelude": prelude, "Fugue": fugue}


def test_it_reads_back_as_it_was_stored(database_url: str, space: dict[str, int], tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    file = tmp_path / "space.parquet"
    assert export_embeddings(database_url, "musicnn-mtt", file, lambda done, total: progress.append((done, total))) == 4
    assert progress == [(4, 4)]
    table = parquet.read_table(file)
    assert table.schema.field("track_id").type == pa.int64()
    assert table.schema.field("vector").type == pa.list_(pa.field("item", pa.float32(), nullable=False), 3)
    assert table.drop_columns("vector").to_pylist() == [
        {
            "track_id": space[title],
            "content_hash": f"hash of {title}",
            "source_path": path,
            "segment_start": start,
            "segment_end": end,
        }
        for title, path, start, end in (
            ("Prelude", "/music/prelude.flac", None, None),
            ("Prelude", "/music/prelude.flac", 0.0, 14.96),
            ("Prelude", "/music/prelude.flac", 14.96, 20.0),
            ("Fugue", None, None, None),
        )
    ]
    vectors = np.array(table["vector"].to_pylist(), np.float32)
    np.testing.assert_array_equal(vectors, [unit(1, 2, 3), unit(1, 1, 0), unit(0, 1, 1), unit(0, 0, 1)])
    assert {key.decode(): value.decode() for key, value in table.schema.metadata.items()} == {
        "segue.space": "musicnn-mtt",
        "segue.revision": FACTS.revision,
        "segue.backend": "musicnn-mtt",
        "segue.dimension": "3",
        "segue.licence": "ISC",
        "segue.rows": "one for each track (segment_start and segment_end are null), one for each segment",
    }


def test_it_is_written_in_batches(
    database_url: str, space: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "BATCH_ROWS", 3)
    progress: list[tuple[int, int]] = []
    file = tmp_path / "space.parquet"
    export_embeddings(database_url, "musicnn-mtt", file, lambda done, total: progress.append((done, total)))
    assert progress == [(3, 4), (4, 4)]
    assert parquet.ParquetFile(file).num_row_groups == 2


def test_an_older_file_is_replaced_whole_or_not_at_all(
    database_url: str, space: dict[str, int], tmp_path: Path
) -> None:
    file = tmp_path / "space.parquet"
    file.write_text("older")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_embeddings(database_url, "musicnn-mtt", file, interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["space.parquet"]
    assert file.read_text() == "older"
    export_embeddings(database_url, "musicnn-mtt", file)
    assert [path.name for path in tmp_path.iterdir()] == ["space.parquet"]
    assert parquet.read_metadata(file).num_rows == 4


def test_an_unknown_space_is_named_with_those_there_are(database_url: str, engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SpaceNotFound, match=r"'nothing'. There are: none yet\."):
        export_embeddings(database_url, "nothing", tmp_path / "space.parquet")
    with engine.begin() as connection:
        open_revision(connection, FACTS)
    with pytest.raises(SpaceNotFound, match=r"'nothing'. There are: musicnn-mtt\."):
        export_embeddings(database_url, "nothing", tmp_path / "space.parquet")


def test_an_empty_space_is_not_ready(database_url: str, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        open_revision(connection, FACTS)
    with pytest.raises(SpaceNotReady, match="segue embed --space musicnn-mtt"):
        export_embeddings(database_url, "musicnn-mtt", tmp_path / "space.parquet")


def test_a_folder_that_is_not_there_is_named(database_url: str, space: dict[str, int], tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "space.parquet"
    with pytest.raises(FileUnwritable, match=f"'{file}' cannot be written: No such file or directory"):
        export_embeddings(database_url, "musicnn-mtt", file)
