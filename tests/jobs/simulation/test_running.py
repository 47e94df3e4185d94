"""Simulated listening in the log: measured, written as a whole, marked, repeatable, and removed without a trace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from domain.errors.asking import SpaceNotFound
from domain.errors.listeners import LabelsUnusable, NothingToHear, SimulationExists
from domain.settings import Settings
from jobs.audio_source import AudioSource
from jobs.hearing.limits import Limits
from jobs.simulation.labels import read_labels
from jobs.simulation.measuring import measure_archive
from jobs.simulation.running import UNTIL, Wish, read_repertoire, simulate
from ml.simulation.archetypes import Archetype, Archetypes, read_archetypes
from sql.listening.simulated_rows import remove_simulated
from tests.jobs.conftest import Recordings

ROWS = """
    SELECT u.id::text, u.name, u.group_name, s.id::text, i.track_id, i.kind, i.played_seconds,
           i.occurred_at, i.client_id
    FROM interactions i JOIN users u ON u.id = i.user_id JOIN sessions s ON s.id = i.session_id
    WHERE u.simulation = :name ORDER BY i.client_id
"""


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


def wish(**options: object) -> Wish:
    return Wish(**({"users": 5, "seed": 3, "days": 20, "archetypes": read_archetypes()} | options))  # type: ignore[arg-type]


def rows(engine: Engine, name: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(ROWS), {"name": name})]


def counts(engine: Engine) -> tuple[int, int, int]:
    with engine.connect() as connection:
        users, sessions, interactions = (
            connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("users", "sessions", "interactions")
        )
    return users, sessions, interactions


def test_a_seed_writes_the_same_rows_again(engine: Engine, database_url: str, recordings: Recordings) -> None:
    first = simulate(engine, database_url, wish())
    written = rows(engine, first.name)
    assert (first.name, first.users, first.tracks) == ("seed-3-users-5", 5, 4)
    assert len(written) == first.interactions
    assert counts(engine) == (5, first.sessions, first.interactions)
    assert {row[4] for row in written} <= set(recordings.ids.values())
    assert all(UNTIL - timedelta(days=20) <= row[7] for row in written)  # type: ignore[operator]
    with engine.begin() as connection:
        assert remove_simulated(connection, first.name) == {"seed-3-users-5": 5}
    assert counts(engine) == (0, 0, 0)
    assert rows(engine, simulate(engine, database_url, wish()).name) == written


def test_a_simulation_is_written_once(engine: Engine, database_url: str, recordings: Recordings) -> None:
    simulate(engine, database_url, wish())
    before = counts(engine)
    with pytest.raises(SimulationExists, match="segue simulate --remove seed-3-users-5"):
        simulate(engine, database_url, wish())
    assert counts(engine) == before


def test_only_what_is_simulated_is_removed(engine: Engine, database_url: str, recordings: Recordings) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO users (name, anonymous) VALUES ('Ana', false)"))
    simulate(engine, database_url, wish())
    simulate(engine, database_url, wish(seed=4))
    with engine.begin() as connection:
        assert remove_simulated(connection, "nobody") == {}
        assert remove_simulated(connection, None) == {"seed-3-users-5": 5, "seed-4-users-5": 5}
    assert counts(engine) == (1, 0, 0)


def test_an_empty_archive_and_an_unknown_space_are_refused(
    engine: Engine, database_url: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NothingToHear, match="segue import"):
        simulate(engine, database_url, wish())
    request.getfixturevalue("recordings")
    with pytest.raises(SpaceNotFound):
        simulate(engine, database_url, wish(tags_of="nowhere"))
    assert counts(engine) == (0, 0, 0)


def test_what_is_measured_is_measured_once(
    engine: Engine, database_url: str, recordings: Recordings, settings: Settings
) -> None:
    told: list[tuple[int, int, str]] = []
    recordings.paths["Noise"].write_bytes(b"no audio")

    def measure() -> list[tuple[str, str]]:
        return measure_archive(engine, AudioSource.of(settings), Limits.of(settings), lambda *p: told.append(p))

    [(title, reason)] = measure()
    assert title == "Noise"
    assert str(recordings.paths["Noise"]) in reason
    assert told[0][:2] == (0, 4)
    assert told[-1] == (4, 4, "")
    told.clear()
    measure()
    assert told[-1] == (1, 1, "")  # what could not be measured is tried again
    known = read_repertoire(engine, wish())
    row = list(known.ids).index(recordings.ids["Clicks"])
    # Clicks come every 4,000 of 16,000 samples, 40 of them at 0.8: 10 · log10(0.8² · 0.01) = −21.9 dB.
    assert known.loudness[row] == pytest.approx(-21.9, abs=0.3)


def test_labels_are_what_listeners_go_by(
    engine: Engine, database_url: str, recordings: Recordings, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("track,word\n7,Violin\n7,solo\n8,Piano\n99,nobody\n")
    with engine.begin() as connection:
        for key, title in (("7", "Chord"), ("8", "Sweep")):
            connection.execute(
                text("UPDATE tracks SET catalogue_id = :key WHERE id = :id"),
                {"key": key, "id": recordings.ids[title]},
            )
    fond = Archetypes(archetype=(Archetype(name="violins", share=1, words={"violin": 1.0}),))
    read = read_labels(labels)
    known = read_repertoire(engine, wish(labels=read))
    by_title = {title: known.words[list(known.ids).index(key)] for title, key in recordings.ids.items()}
    assert by_title == {
        "Chord": {"violin", "solo"},
        "Sweep": {"piano"},
        "Noise": frozenset(),
        "Clicks": frozenset(),
    }
    done = simulate(engine, database_url, wish(users=20, archetypes=fond, labels=read))
    plays = [row[4] for row in rows(engine, done.name) if row[5] == "PLAY"]
    # One of four tracks is for violin.
    assert plays.count(recordings.ids["Chord"]) > 0.4 * len(plays)


@pytest.mark.parametrize(("content", "reason"), [(b"id,word\n1,a\n", "column 'track'"), (b"\xff\xfe", "UTF-8")])
def test_labels_that_cannot_be_read_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(LabelsUnusable, match=reason):
        read_labels(path)
