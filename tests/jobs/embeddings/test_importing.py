"""Embeddings from elsewhere become a space that answers, whatever else lies in their file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import Engine

from api.app import create_app
from domain import ids
from domain.errors.asking import InvalidSpaceName
from domain.errors.backups import EmbeddingsUnusable, SpaceTaken
from domain.errors.machine import FolderNotFound
from domain.settings import Settings
from jobs.embeddings import checks
from jobs.embeddings.importing import ImportedEmbeddings, import_embeddings
from jobs.snapshots import export_embeddings
from sql.spaces.retirement import restore
from tests.jobs.cli.command import segue
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

Rows = list[dict[str, Any]]  # Any: values of columns
SIMILAR = """
query($id: ID!, $space: String!) {
  recommendSimilar(trackId: $id, space: $space, strategy: KNN) { space { name } items { score track { title } } }
}
"""


@pytest.fixture
def archive(database_url: str) -> SmallArchive:
    return fill(database_url)


@pytest.fixture
def bring(engine: Engine, tmp_path: Path) -> Callable[..., ImportedEmbeddings]:
    def bring(rows: Rows, space: str = "mine", **options: Any) -> ImportedEmbeddings:  # Any: of import_embeddings
        file = tmp_path / "embeddings.parquet"
        parquet.write_table(pa.Table.from_pylist(rows), file)
        return import_embeddings(engine, file, space, **{"index_threshold": 1_000_000} | options)

    return bring


async def similar(url: str, archive: SmallArchive, title: str, space: str) -> list[tuple[str, float]]:
    app = create_app(Settings(database_url=url))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        variables = {"id": ids.encode("Track", archive.tracks[title]), "space": space}
        answer = (await http.post("/graphql", json={"query": SIMILAR, "variables": variables})).json()
    await app.state.services.close()
    assert "errors" not in answer, answer
    found = answer["data"]["recommendSimilar"]
    assert found["space"]["name"] == space
    return [(item["track"]["title"], round(item["score"], 6)) for item in found["items"]]


async def test_a_space_from_elsewhere_answers(
    bring: Callable[..., ImportedEmbeddings], archive: SmallArchive, database_url: str
) -> None:
    done = bring(
        [
            {"content_hash": "Prelude", "embedding": [3.0, 4.0]},  # of length 5, made 1: (.6, .8)
            {"content_hash": "Waltz", "embedding": [0.0, 1e-200]},
            {"content_hash": "Fugue", "embedding": [-2e200, 0.0]},
        ]
    )
    assert (done.checked.tracks, done.checked.segments, done.checked.dimension, done.checked.refused) == (3, 0, 2, {})
    # Toccata, Élégie, Newcomer and Broken are not silent.
    assert (done.replaced, done.indexed, done.missing) == (False, False, 4)
    # .6 × 0 + .8 × 1 and .6 × −1 + .8 × 0
    assert await similar(database_url, archive, "Prelude", "mine") == [("Waltz", 0.8), ("Fugue", -0.6)]


async def test_our_own_snapshot_comes_back_as_it_was(
    engine: Engine, archive: SmallArchive, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "snapshot.parquet"
    export_embeddings(database_url, "musicnn-mtt", file)
    done = import_embeddings(engine, file, "copy", index_threshold=1)
    assert (done.checked.tracks, done.checked.segments, done.checked.refused, done.indexed) == (5, 5, {}, True)
    for title in ("Prelude", "Élégie"):
        assert await similar(database_url, archive, title, "copy") == await similar(
            database_url, archive, title, "musicnn-mtt"
        )
    with psycopg.connect(database_url) as connection:
        # The segments are those of the space it comes from.
        assert connection.execute("SELECT count(*) FROM segments").fetchone() == (5,)
        assert connection.execute(
            "SELECT count(*) FROM segment_embeddings a JOIN segment_embeddings b USING (segment_id, track_id)"
            " WHERE a.revision_id <> b.revision_id AND a.embedding = b.embedding"
        ).fetchone() == (10,)


def test_tracks_may_go_by_our_number_or_by_the_catalogues(
    bring: Callable[..., ImportedEmbeddings], archive: SmallArchive, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE tracks SET catalogue_id = 'IP-7' WHERE title = 'Fugue'")
        connection.execute("UPDATE tracks SET catalogue_id = 'twice' WHERE title IN ('Waltz', 'Toccata')")
    by_number = bring([{"track_id": archive.tracks["Fugue"], "vector": [1.0]}], "a")
    by_text = bring([{"track_id": "IP-7", "vector": [1.0]}, {"track_id": "twice", "vector": [1.0]}], "b")
    assert (by_number.checked.tracks, by_text.checked.tracks) == (1, 1)
    assert by_text.checked.refused == {checks.UNKNOWN: 1}
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT DISTINCT track_id FROM track_embeddings WHERE revision_id IN (%s, %s)",
            [by_number.revision_id, by_text.revision_id],
        ).fetchall()
    assert found == [(archive.tracks["Fugue"],)]


def test_rows_that_cannot_be_used_are_told_by_name(
    bring: Callable[..., ImportedEmbeddings], archive: SmallArchive
) -> None:
    whole = {"segment_start": None, "segment_end": None}
    done = bring(
        [
            {"content_hash": "Prelude", "vector": [1.0, 0.0], **whole},
            {"content_hash": "Prelude", "vector": [0.0, 1.0], **whole},
            {"content_hash": "Fugue", "vector": [math.nan, 1.0], **whole},
            {"content_hash": "Fugue", "vector": [math.inf, 1.0], **whole},
            {"content_hash": "Waltz", "vector": [0.0, 0.0], **whole},
            {"content_hash": "Salieri", "vector": [1.0, 0.0], **whole},
            {"content_hash": "Toccata", "vector": [1.0, 0.0, 0.0], **whole},
            {"content_hash": "Toccata", "vector": [], **whole},
            {"content_hash": "Toccata", "vector": None, **whole},
            {"content_hash": None, "vector": [1.0, 0.0], **whole},
            {"content_hash": "Prelude", "vector": [1.0, 0.0], "segment_start": 0.0, "segment_end": 5.0},
            {"content_hash": "Prelude", "vector": [1.0, 0.0], "segment_start": 5.0, "segment_end": 5.0},
            {"content_hash": "Prelude", "vector": [1.0, 0.0], "segment_start": 5.0, "segment_end": None},
            {"content_hash": "Élégie", "vector": [1.0, 0.0], "segment_start": 0.0, "segment_end": 5.0},
        ]
    )
    assert (done.checked.tracks, done.checked.segments) == (1, 1)
    assert done.checked.named == {
        checks.DUPLICATE: ["row 2 (Prelude)"],
        checks.NOT_FINITE: ["row 3 (Fugue)", "row 4 (Fugue)"],
        checks.ZERO: ["row 5 (Waltz)"],
        checks.UNKNOWN: ["row 6 (Salieri)"],
        "of another length than the first (2)": ["row 7 (Toccata)"],
        checks.NO_VECTOR: ["row 8 (Toccata)", "row 9 (Toccata)"],
        checks.NO_KEY: ["row 10"],
        checks.BAD_ENDS: ["row 12 (Prelude)", "row 13 (Prelude)"],
        checks.WITHOUT_TRACK: [],
    }
    assert done.checked.refused[checks.WITHOUT_TRACK] == 1


async def test_brought_again_it_takes_the_place_of_what_was_there(
    bring: Callable[..., ImportedEmbeddings], archive: SmallArchive, database_url: str, engine: Engine
) -> None:
    first = bring([{"content_hash": "Prelude", "vector": [1.0, 0.0]}, {"content_hash": "Waltz", "vector": [0.6, 0.8]}])
    again = bring([{"content_hash": "Prelude", "vector": [1.0, 0.0]}, {"content_hash": "Fugue", "vector": [0.8, 0.6]}])
    assert (first.replaced, again.replaced) == (False, True)
    assert await similar(database_url, archive, "Prelude", "mine") == [("Fugue", 0.8)]
    with engine.begin() as connection:
        assert restore(connection, "mine").revision_id == first.revision_id
    assert await similar(database_url, archive, "Prelude", "mine") == [("Waltz", 0.6)]


def test_what_is_refused_leaves_nothing(
    bring: Callable[..., ImportedEmbeddings], archive: SmallArchive, database_url: str, engine: Engine, tmp_path: Path
) -> None:
    good = [{"content_hash": "Prelude", "vector": [1.0, 0.0]}]
    with pytest.raises(SpaceTaken, match="'musicnn-mtt' already, made by musicnn-mtt"):
        bring(good, "musicnn-mtt")
    with pytest.raises(SpaceTaken, match="made by an audio model of that name"):
        bring(good, "musicnn-msd")
    for name in ("", "Größe", "-x", "a b", "x" * 64):
        with pytest.raises(InvalidSpaceName):
            bring(good, name)
    with pytest.raises(EmbeddingsUnusable, match="none can be used: 1 for tracks that this archive does not hold"):
        bring([{"content_hash": "Salieri", "vector": [1.0]}])
    with pytest.raises(EmbeddingsUnusable, match="no column 'content_hash' or 'track_id'"):
        bring([{"path": "a", "vector": [1.0]}])
    with pytest.raises(EmbeddingsUnusable, match="no column 'vector' or 'embedding'"):
        bring([{"content_hash": "Prelude"}])
    with pytest.raises(EmbeddingsUnusable, match="'vector' is string"):
        bring([{"content_hash": "Prelude", "vector": "1"}])
    with pytest.raises(EmbeddingsUnusable, match="'track_id' is double, which names no track"):
        bring([{"track_id": 1.5, "vector": [1.0]}])
    (tmp_path / "text.parquet").write_text("no Parquet")
    with pytest.raises(EmbeddingsUnusable, match="it cannot be read as Parquet"):
        import_embeddings(engine, tmp_path / "text.parquet", "mine", index_threshold=1)
    with pytest.raises(FolderNotFound):
        import_embeddings(engine, tmp_path / "gone.parquet", "mine", index_threshold=1)
    tried = bring(good, dry_run=True)
    assert (tried.checked.tracks, tried.missing, tried.revision_id) == (1, 6, None)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT name FROM spaces").fetchall() == [("musicnn-mtt",)]
    bring(good)
    with pytest.raises(SpaceTaken, match="an import of vectors of 2 numbers"):
        bring([{"content_hash": "Prelude", "vector": [1.0, 0.0, 0.0]}])


def test_from_the_command_line(archive: SmallArchive, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    rows = [{"content_hash": "Prelude", "vector": [1.0, 0.0]}] + [{"content_hash": "?", "vector": [1.0, 0.0]}] * 7
    parquet.write_table(pa.Table.from_pylist(rows), file)

    def run(*options: str) -> list[str]:
        ran = segue(
            "import-embeddings", file, "--space", "mine", *options, data_dir=tmp_path, database_url=database_url
        )
        assert (ran.code, ran.err) == (0, [])
        return ran.out

    left_out = (
        "Left out: 7 rows for tracks that this archive does not hold: row 2 (?), row 3 (?), row 4 (?), row 5 (?),"
        " row 6 (?) and 2 more"
    )
    assert run("--dry-run")[-4:] == [
        left_out,
        "A dry run: nothing was changed. This is what an import would do now:",
        "'mine' would hold 1 track and 0 segments, 2 numbers each",
        "6 tracks of the archive would not be in it",
    ]
    assert run()[-3:] == [
        left_out,
        "'mine' holds 1 track and 0 segments, 2 numbers each",
        "6 tracks of the archive not in it; segue import-embeddings again replaces it whole",
    ]
    assert run()[-1] == "What it held before stays until segue prune; back to it with: segue restore --space mine"
