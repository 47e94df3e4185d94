"""Files that were imported while they were still being copied: when they are whole, nothing of their parts stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.spaces import backend_facts
from jobs.importing.importer import import_folder
from sql.queue.job_items import claim_item, finish_item
from sql.queue.job_rows import begin_job, request_embed_job
from sql.spaces.revisions import open_revision
from tests.ml.recordings import sine, write

RATE = 16_000
VECTOR = f"[{','.join(['1'] * 200)}]"
Query = Callable[..., list[tuple[Any, ...]]]  # Any: columns


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def query(engine: Engine) -> Query:
    def query(statement: str, **values: object) -> list[tuple[Any, ...]]:  # Any: columns
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    return query


def recorded(path: Path, frequency: float = 440.0) -> Path:
    return write(path, sine(8, RATE, frequency)[None], RATE, layout="mono", tags={"title": "Largo", "composer": "Bach"})


def grow(source: Path, target: Path, share: float) -> None:
    """Copy the first part of a file, as a copy that stalls does."""
    content = source.read_bytes()
    target.write_bytes(content[: round(share * len(content))])


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".wav"])
def test_a_file_that_stalled_becomes_the_whole_recording(
    database_url: str, music: Path, tmp_path: Path, query: Query, suffix: str
) -> None:
    whole, target = recorded(tmp_path / f"whole{suffix}"), music / f"01{suffix}"
    grow(whole, target, 0.5)
    import_folder(database_url, music)
    [(track_id, part_seconds)] = query("SELECT id, duration_seconds FROM tracks")
    assert part_seconds < 6
    # It was heard meanwhile, and somebody else marked a part of it.
    [(revision_id,)] = query(
        "WITH s AS (INSERT INTO spaces (name, backend, dimension, metric)"
        " VALUES ('x', 'x', 200, 'cosine') RETURNING id)"
        " INSERT INTO space_revisions (space_id, revision, state, indexed) SELECT id, 'x', 'READY', false FROM s"
        " RETURNING id"
    )
    query(f"CREATE TABLE part PARTITION OF track_embeddings FOR VALUES IN ({revision_id})")
    query(f"INSERT INTO track_embeddings VALUES ({revision_id}, {track_id}, '{VECTOR}')")
    query(f"INSERT INTO track_tags VALUES ({revision_id}, {track_id}, '{{1}}', '{{piano}}')")
    query(
        "INSERT INTO segments (track_id, source, start_seconds, end_seconds)"
        f" VALUES ({track_id}, 'segue', 0, 4), ({track_id}, 'a person', 1, 2)"
    )
    shutil.copyfile(whole, target)
    report = import_folder(database_url, music)
    assert (report.new, report.changed) == (0, 1)
    [(id_, title, seconds, truncated)] = query("SELECT id, title, duration_seconds, truncated FROM tracks")
    assert (id_, title, truncated) == (track_id, "Largo", False)
    assert seconds == pytest.approx(8.0, abs=0.1)
    assert query("SELECT count(*) FROM track_embeddings") == query("SELECT count(*) FROM track_tags") == [(0,)]
    assert query("SELECT source FROM segments") == [("a person",)]
    assert query("SELECT path, size FROM track_files") == [(str(target.resolve()), whole.stat().st_size)]
    # And so it stays.
    assert import_folder(database_url, music).unchanged == 1


def test_a_part_of_what_is_there_already_goes(database_url: str, music: Path, tmp_path: Path, query: Query) -> None:
    whole = recorded(music / "a.flac")
    (music / "copies").mkdir()
    grow(whole, music / "copies" / "b.flac", 0.5)
    import_folder(database_url, music)
    [(whole_id, _), (part_id, _)] = query("SELECT id, truncated FROM tracks ORDER BY truncated")
    query("INSERT INTO users (id, anonymous) VALUES (gen_random_uuid(), true)")
    query(
        "INSERT INTO interactions (user_id, track_id, kind, client_id)"
        " SELECT id, :track, 'PLAY', 'a' FROM users UNION ALL SELECT id, :whole, 'PLAY', 'b' FROM users",
        track=part_id,
        whole=whole_id,
    )
    query("INSERT INTO impressions (user_id, track_ids) SELECT id, ARRAY[7, :track] FROM users", track=part_id)
    shutil.copyfile(whole, music / "copies" / "b.flac")
    import_folder(database_url, music)
    assert query("SELECT id, truncated FROM tracks") == [(whole_id, False)]
    # Who listened to the part listened to the recording.
    assert query("SELECT track_id, client_id FROM interactions ORDER BY client_id") == [
        (whole_id, "a"),
        (whole_id, "b"),
    ]
    assert query("SELECT track_ids FROM impressions") == [([7, whole_id],)]
    assert query("SELECT count(*) FROM track_files") == [(2,)]
    # Its album went with it, its composer wrote the other.
    assert query("SELECT title FROM albums") == [("music",)]
    assert query("SELECT name FROM composers") == [("Bach",)]


def test_another_recording_at_the_same_path_is_another_track(
    database_url: str, music: Path, tmp_path: Path, query: Query
) -> None:
    recorded(music / "a.mp3")
    import_folder(database_url, music)
    recorded(music / "a.mp3", 300.0)
    assert import_folder(database_url, music).new == 1
    assert query("SELECT count(*) FROM tracks") == [(2,)]


def test_a_running_job_hears_it_again(
    database_url: str, music: Path, tmp_path: Path, query: Query, engine: Engine
) -> None:
    facts = backend_facts("musicnn-mtt")
    whole = recorded(tmp_path / "whole.flac")
    grow(whole, music / "01.flac", 0.5)
    recorded(music / "02.flac", 300.0)
    import_folder(database_url, music)
    with engine.begin() as connection:
        revision_id = open_revision(connection, facts).revision_id
    with engine.begin() as connection:
        job_id = request_embed_job(connection, facts.name, revision_id).id
        begin_job(connection, job_id)
        in_hand = claim_item(connection, job_id, "here/1", "cpu").item
    assert in_hand
    shutil.copyfile(whole, music / "01.flac")
    import_folder(database_url, music)
    with engine.begin() as connection:
        # What a worker hears of the part is not wanted any more.
        assert finish_item(connection, in_hand, 1.0) is False
    assert query("SELECT state, attempts FROM job_items ORDER BY track_id") == [("WAITING", 0), ("WAITING", 0)]
