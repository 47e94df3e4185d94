"""The reference archive's catalogue against what is really in it: composers, works, and other performances."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import psycopg
import pytest

from sql.catalogue.alias_rows import doubtful
from sql.catalogue.people_rows import rows_of
from sql.catalogue.work_reads import Works
from sql.database import Database
from sql.engine import make_engine
from tests.reference import reference
from tests.sql.catalogue.described_tracks import describe_all


@dataclass(frozen=True)
class Recording:
    """One line of the truth, and what became of its track. `work` is the collection or work its title names."""

    id: int
    true_composer: str
    work: str
    movement: str
    composer_id: int
    work_id: int | None


@dataclass(frozen=True)
class Archive:
    url: str
    recordings: list[Recording]
    spellings: int


@pytest.fixture(scope="module")
def archive(new_database: Callable[[], str]) -> Archive:
    lines = json.loads(reference("archive", "catalog.json").read_text(encoding="utf-8"))
    catalogue = {row["track_id"]: row for row in lines}
    with reference("archive", "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    said = [catalogue[int(row["track_id"])] for row in truth]
    url = new_database()
    engine = make_engine(url)
    with engine.begin() as connection:
        ids = describe_all(connection, [(line["title"], line["composers"]) for line in said])
    engine.dispose()
    with psycopg.connect(url) as connection:
        found = {key: rest for key, *rest in connection.execute("SELECT id, composer_id, work_id FROM tracks")}
    recordings = [
        Recording(key, row["canonical_composer"], row["work"] or row["work_id"], row["work_id"], *found[key])
        for key, row in zip(ids, truth, strict=True)
    ]
    return Archive(url, recordings, len({line["composers"] for line in said}))


@pytest.fixture
async def works(archive: Archive) -> Iterator[Works]:
    database = Database(archive.url, size=1, statement_timeout_seconds=30)
    yield Works(database)
    await database.close()


def test_every_spelling_is_folded_onto_its_composer_and_none_onto_another(archive: Archive) -> None:
    truly = {(recording.true_composer, recording.composer_id) for recording in archive.recordings}
    # 88 spellings of 78 composers: ten are spelled in two ways, so ten merges are right.
    assert archive.spellings == 88
    assert len({composer for _, composer in truly}) == 78
    assert len({true for true, _ in truly}) == 78
    assert len(truly) == 78, "a composer is split or two are one"


def test_no_spelling_is_left_in_doubt(archive: Archive) -> None:
    engine = make_engine(archive.url)
    with engine.begin() as connection:
        assert doubtful(rows_of(connection)) == []
    engine.dispose()


def test_works_unite_what_belongs_together_and_nothing_else(archive: Archive) -> None:
    together = {
        (one.id, other.id)
        for one, other in combinations(archive.recordings, 2)
        if one.work_id is not None and one.work_id == other.work_id
    }
    truly = {
        (one.id, other.id)
        for one, other in combinations(archive.recordings, 2)
        if (one.true_composer, one.work) == (other.true_composer, other.work)
    }
    assert len(together - truly) == 0
    # 216 pairs are of collections that are called no more than "Songs" or "12 Gesänge", or of a "String Quartet".
    assert (len(together & truly), len(truly)) == (1_112, 1_328)
    assert sum(recording.work_id is None for recording in archive.recordings) == 9


@pytest.mark.anyio
async def test_other_performances_are_all_found_and_never_wrong(archive: Archive, works: Works) -> None:
    found = await works.other_performances([recording.id for recording in archive.recordings])
    told = {(key, entry.track.id) for key, entries in found.items() for entry in entries}
    truly = {
        (one.id, other.id)
        for one in archive.recordings
        for other in archive.recordings
        if one.id != other.id and one.movement == other.movement
    }
    # 58 works are there twice and 12 three times: 58 · 2 + 12 · 6 ordered pairs.
    assert len(truly) == 58 * 2 + 12 * 6 == 188
    assert len(told - truly) == 0
    assert len(told & truly) == 188
