"""The log goes out as CSV and Parquet, and comes back the same, into the same archive or another of the same audio."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pyarrow import parquet
from sqlalchemy import Engine

from domain.errors.machine import ExportFormatUnknown, FileUnwritable
from jobs.listening.export import SCHEMA, export_interactions
from jobs.listening.formats import LogFormat
from jobs.listening.importing import import_interactions
from sql.engine import make_engine
from tests.jobs.cli.command import segue
from tests.sql.tracks import add_track

NOON = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)
ANA, SITTING, SHOWN = UUID(int=1), UUID(int=2), UUID(int=3)

LOG = """
    SELECT coalesce(u.external_id, u.id::text), u.group_name, u.simulation, t.content_hash, i.occurred_at, i.kind,
           i.played_seconds, i.plays, s.id, s.started_at, s.ended_at, i.client_id, i.impression_id, i.rank,
           i.recorded_at
    FROM interactions i JOIN users u ON u.id = i.user_id JOIN tracks t ON t.id = i.track_id
    LEFT JOIN sessions s ON s.id = i.session_id
    ORDER BY u.external_id NULLS FIRST, i.occurred_at, i.id
"""


def log(database_url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(LOG).fetchall()


@pytest.fixture
def filled(engine: Engine, database_url: str) -> str:
    """Ana has a session and an interaction outside; "lastfm:7" is imported, "sim" simulated. All that can be null is,
    somewhere."""
    with engine.begin() as connection:
        air, bolero = add_track(connection, "Air"), add_track(connection, "Bolero")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO users (id, name, external_id, group_name, anonymous, simulation, created_at) VALUES"
            " (%(ana)s, 'Ana', NULL, NULL, false, NULL, %(t)s),"
            " (gen_random_uuid(), NULL, 'lastfm:7', 'AT', true, NULL, %(t)s),"
            " (gen_random_uuid(), NULL, 'sim', 'DE', true, 'run 1', %(t)s)",
            {"ana": ANA, "t": NOON},
        )
        connection.execute(
            "INSERT INTO sessions VALUES (%s, %s, %s, %s)", [SITTING, ANA, NOON, NOON + timedelta(hours=1)]
        )
        for user, session, track, kind, seconds, minutes, client_id, shown, rank, plays in (
            ("Ana", SITTING, air, "PLAY", 12.25, 0, 'a, "b"', SHOWN, 3, 1),
            ("Ana", SITTING, bolero, "SKIP", None, 1, "b", None, None, 1),
            ("Ana", None, air, "LIKE", None, 2, "c", None, None, 1),
            ("lastfm:7", None, bolero, "PLAY", None, 0, "log:1", None, None, 9),
            ("sim", None, bolero, "COMPLETE", 8.0, 0, "0", None, None, 1),
        ):
            connection.execute(
                "INSERT INTO interactions (user_id, session_id, track_id, kind, played_seconds, occurred_at,"
                " recorded_at, client_id, impression_id, rank, plays)"
                " SELECT id, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM users WHERE coalesce(name, external_id) = %s",
                [
                    session,
                    track,
                    kind,
                    seconds,
                    NOON + timedelta(minutes=minutes),
                    NOON,
                    client_id,
                    shown,
                    rank,
                    plays,
                    user,
                ],
            )
    return database_url


@pytest.mark.parametrize("format", list(LogFormat))
def test_a_round_trip_gives_the_same_log(
    filled: str, new_database: Callable[[], str], tmp_path: Path, format: LogFormat
) -> None:
    file = tmp_path / f"log.{format}"
    assert export_interactions(filled, file) == 5
    # Into the archive that it came from: nothing new.
    engine = make_engine(filled)
    back = import_interactions(engine, file)
    engine.dispose()
    assert (back.new, back.corrected, back.repeated, back.new_users, back.broken) == (0, 0, 5, 0, [])
    # Into another that holds the same audio under other numbers.
    other = new_database()
    engine = make_engine(other)
    with engine.begin() as connection:
        for title in ("Other", "Bolero", "Air"):
            add_track(connection, title)
    taken = import_interactions(engine, file)
    engine.dispose()
    assert (taken.new, taken.new_users, taken.unknown) == (5, 3, {})
    assert log(other) == log(filled)
    again = tmp_path / f"again.{format}"
    assert export_interactions(other, again) == 5
    assert set(_without_numbers(again)) == set(_without_numbers(file))


def _without_numbers(file: Path) -> list[tuple[Any, ...]]:
    """The rows of an export but for the archive's own numbers of tracks."""
    if file.suffix == ".parquet":
        rows = parquet.read_table(file).to_pylist()
    else:
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
    return [tuple(row[name] for name in SCHEMA.names if name != "segue_track_id") for row in rows]


def test_a_parquet_file_has_types(filled: str, tmp_path: Path) -> None:
    export_interactions(filled, tmp_path / "log", LogFormat.PARQUET)
    table = parquet.read_table(tmp_path / "log")
    assert table.schema.equals(SCHEMA)
    first = next(row for row in table.to_pylist() if row["client_id"] == 'a, "b"')
    assert first["track"] == "hash of Air"
    assert {name: first[name] for name in ("user", "timestamp", "played_seconds", "session", "list", "rank")} == {
        "user": str(ANA),
        "timestamp": NOON,
        "played_seconds": 12.25,
        "session": str(SITTING),
        "list": str(SHOWN),
        "rank": 3,
    }


def test_what_was_simulated_can_be_left_out(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    ran = segue("export", "interactions", "--to", file, "--no-simulated", database_url=filled, data_dir=tmp_path)
    assert ran.code == 0, ran.err
    assert (ran.out + ran.err)[-1] == f"4 interactions in {file}"
    with file.open(newline="") as lines:
        assert {row["simulation"] for row in csv.DictReader(lines)} == {""}


def test_a_format_that_nothing_says(filled: str, tmp_path: Path) -> None:
    with pytest.raises(ExportFormatUnknown, match=r"\.csv, \.parquet"):
        export_interactions(filled, tmp_path / "log.xlsx")
    with pytest.raises(FileUnwritable):
        export_interactions(filled, tmp_path / "gone" / "log.csv")
    assert list(tmp_path.iterdir()) == []
