"""Logs from elsewhere: what is taken over, how tracks are found, and that the same log again adds nothing."""

from __future__ import annotations

import bz2
import gzip
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from sqlalchemy import Engine, text

from domain.errors.listening import LogUnreadable
from domain.errors.machine import FolderNotFound
from domain.ids import encode
from jobs.listening.importing import import_interactions
from jobs.listening.lines import BrokenLine
from jobs.listening.tracks import How
from tests.jobs.cli.command import segue
from tests.sql.tracks import add_track

# As Music4All-Onion has them: tab-separated, a header, newest first within a user, repeated listening.
ONION_EVENTS = """user_id\ttrack_id\ttimestamp
16\t0009fFIM1eYThaPg\t2019-03-05 14:21:33
16\t0009fFIM1eYThaPg\t2019-03-05 14:17:02
16\t00CH4HJdxQQQbJfu\t2019-03-05 14:13:40
16\tzzzzzzzzzzzzzzzz\t2019-03-05 14:10:00
27\t00CH4HJdxQQQbJfu\t2020-01-12 08:00:59
"""
ONION_COUNTS = """user_id\ttrack_id\tcount
16\t0009fFIM1eYThaPg\t12
16\t00CH4HJdxQQQbJfu\t1
27\t00CH4HJdxQQQbJfu\t3
"""
LOG = text("""
    SELECT u.external_id, t.title, i.occurred_at, i.kind, i.played_seconds, i.plays
    FROM interactions i JOIN users u ON u.id = i.user_id JOIN tracks t ON t.id = i.track_id ORDER BY i.occurred_at, i.id
""")


@pytest.fixture
def tracks(engine: Engine) -> dict[str, int]:
    """Air has files; Bolero is what catalogues call 17; Canon and Dirge share a key."""
    with engine.begin() as connection:
        ids = {
            "Air": add_track(connection, "Air", "/music/Suite 3/0009fFIM1eYThaPg.mp3"),
            "Bolero": add_track(connection, "Bolero", "/music/00CH4HJdxQQQbJfu.mp3"),
            "Canon": add_track(connection, "Canon", "/music/a/same.mp3"),
            "Dirge": add_track(connection, "Dirge", "/music/b/same.mp3"),
        }
        for title, key in (("Bolero", "17"), ("Canon", "twice"), ("Dirge", "twice")):
            connection.execute(
                text("UPDATE tracks SET catalogue_id = :key WHERE title = :title"), {"key": key, "title": title}
            )
    return ids


def log(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(LOG)]


def written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2019, 3, 5, hour, minute, second, tzinfo=UTC)


def test_listening_events_of_music4all_onion(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    path = tmp_path / "userid_trackid_timestamp.tsv.bz2"
    path.write_bytes(bz2.compress(ONION_EVENTS.encode()))
    report = import_interactions(engine, path)
    assert (report.lines, report.new, report.repeated, report.new_users) == (5, 4, 0, 2)
    assert report.found == {How.FILE_NAME: 4}
    assert report.unknown == {"zzzzzzzzzzzzzzzz": 1}
    assert log(engine) == [
        ("16", "Bolero", at(14, 13, 40), "PLAY", None, 1),
        ("16", "Air", at(14, 17, 2), "PLAY", None, 1),
        ("16", "Air", at(14, 21, 33), "PLAY", None, 1),
        ("27", "Bolero", datetime(2020, 1, 12, 8, 0, 59, tzinfo=UTC), "PLAY", None, 1),
    ]
    with engine.connect() as connection:
        users = connection.execute(text("SELECT external_id, anonymous, created_at FROM users ORDER BY external_id"))
        assert [tuple(row) for row in users] == [
            ("16", True, at(14, 13, 40)),
            ("27", True, datetime(2020, 1, 12, 8, 0, 59, tzinfo=UTC)),
        ]


def test_counts_of_music4all_onion(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    path = tmp_path / "userid_trackid_count.tsv.bz2"
    path.write_bytes(bz2.compress(ONION_COUNTS.encode()))
    report = import_interactions(engine, path)
    assert (report.new, report.undated) == (3, 3)
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    assert log(engine) == [
        ("16", "Air", long_ago, "PLAY", None, 12),
        ("16", "Bolero", long_ago, "PLAY", None, 1),
        ("27", "Bolero", long_ago, "PLAY", None, 3),
    ]
    # A later count takes the place of the earlier one.
    path.write_bytes(bz2.compress(ONION_COUNTS.replace("\t12", "\t15").encode()))
    report = import_interactions(engine, path)
    assert (report.new, report.corrected, report.repeated) == (0, 1, 2)
    assert [row[5] for row in log(engine)] == [15, 1, 3]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", "user,track,timestamp\r\nana,Air,2019-03-05T14:00:00Z\r\n"),
        ("log.csv", "\ufeffUser;Track;Time\nana;Air;2019-03-05 15:00:00+01:00\n"),
        ("log.tsv", "userId\ttrackId\toccurred_at\nana\tAir\t1551794400\n"),
        ("log.txt", '"user","song","timestamp","kind"\n"ana","Air","1551794400000","play"\n'),
        ("log.csv.gz", "timestamp,item_id,user_name,count\n2019-03-05T14:00:00.000000+00:00,Air,ana,1\n"),
    ],
)
def test_one_log_in_many_hands(engine: Engine, tracks: dict[str, int], tmp_path: Path, name: str, content: str) -> None:
    data = content.replace("Air", "0009fFIM1eYThaPg").encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert import_interactions(engine, path).new == 1
    assert log(engine) == [("ana", "Air", at(14, 0), "PLAY", None, 1)]


def test_everything_that_a_line_may_say(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    table = pa.table(
        {
            "user": [7, 7],
            "track": ["hash of Air", "17"],
            "timestamp": pa.array([at(14, 0), at(14, 5)], pa.timestamp("ms", tz="UTC")),
            "kind": ["skip", "COMPLETE"],
            "played_seconds": [3.5, None],
            "count": pa.array([None, 2], pa.int16()),
            "session": ["monday", "monday"],
            "country": ["AT", "AT"],
        }
    )
    parquet.write_table(table, tmp_path / "log.parquet")
    report = import_interactions(engine, tmp_path / "log.parquet")
    assert report.found == {How.HASH: 1, How.CATALOGUE: 1}
    assert log(engine) == [
        ("7", "Air", at(14, 0), "SKIP", 3.5, 1),
        ("7", "Bolero", at(14, 5), "COMPLETE", None, 2),
    ]
    with engine.connect() as connection:
        sessions = connection.execute(
            text(
                "SELECT s.started_at, count(*), u.group_name FROM interactions i JOIN sessions s ON s.id = i.session_id"
                " JOIN users u ON u.id = s.user_id GROUP BY s.id, u.id"
            )
        )
        assert [tuple(row) for row in sessions] == [(at(14, 0), 2, "AT")]


def test_what_may_name_a_track(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    names = {
        encode("Track", tracks["Dirge"]): "Dirge",
        "hash of Canon": "Canon",
        "17": "Bolero",
        "Suite 3/0009fFIM1eYThaPg.mp3": "Air",
        "s3://bucket/music/b/same.mp3": "Dirge",
        "00CH4HJdxQQQbJfu": "Bolero",
    }
    lines = [f"ana,{name},2019-03-05T14:{minute:02}:00Z" for minute, name in enumerate(names)]
    # Our own numbers are in every archive; a log of another would seem to fit.
    nothing = [f"{tracks['Air']}", encode("Track", 999), "same", "twice", "same.mp3", "Air"]
    lines += [f"ana,{name},2019-03-05T15:00:00Z" for name in nothing]
    report = import_interactions(engine, written(tmp_path / "log.csv", "\n".join(["user,track,timestamp", *lines])))
    assert [title for _, title, *_ in log(engine)] == list(names.values())
    assert report.found == {How.ID: 1, How.HASH: 1, How.CATALOGUE: 1, How.PATH: 2, How.FILE_NAME: 1}
    assert report.ambiguous == {"same": 1, "twice": 1, "same.mp3": 1}
    assert report.unknown == {f"{tracks['Air']}": 1, encode("Track", 999): 1, "Air": 1}
    # In a column that says whose numbers they are, they are taken.
    own = f"user,segue_track_id,timestamp\nben,{tracks['Air']},2019-03-05T16:00:00Z\nben,999,2019-03-05T16:00:00Z\n"
    report = import_interactions(engine, written(tmp_path / "own.csv", own))
    assert (report.new, report.unknown) == (1, {"999": 1})


def test_the_same_again_adds_nothing(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    # The same thing twice in a log happened twice; a longer log has it a third time.
    line = "ana,hash of Air,2019-03-05T14:00:00Z\n"
    path = written(tmp_path / "log.csv", "user,track,timestamp\n" + line * 2)
    assert (first := import_interactions(engine, path)).new == 2
    assert first.new_users == 1
    again = import_interactions(engine, path)
    assert (again.new, again.corrected, again.repeated, again.new_users) == (0, 0, 2, 0)
    longer = import_interactions(engine, written(path, "user,track,timestamp\n" + line * 3))
    assert (longer.new, longer.repeated) == (1, 2)
    assert len(log(engine)) == 3


def test_a_line_with_a_name_of_its_own_is_one(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    lines = "ana,hash of Air,2019-03-05T14:00:00Z,x\nana,hash of Canon,2019-03-05T14:01:00Z,x\n"
    report = import_interactions(engine, written(tmp_path / "log.csv", "user,track,timestamp,client_id\n" + lines))
    assert (report.new, report.repeated) == (1, 1)
    assert [title for _, title, *_ in log(engine)] == ["Air"]


def test_two_imports_at_once_write_it_once(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", ONION_EVENTS)
    reports: list[int] = []
    threads = [threading.Thread(target=lambda: reports.append(import_interactions(engine, path).new)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reports) == [0, 0, 4]


def test_lines_that_cannot_be_used_are_left_out_and_named(
    engine: Engine, tracks: dict[str, int], tmp_path: Path
) -> None:
    rows = [
        "ana,hash of Air,2019-03-05T14:00:00Z,PLAY,1.5,1",
        ",hash of Air,2019-03-05T14:00:00Z,PLAY,,",
        "ana,,2019-03-05T14:00:00Z,PLAY,,",
        "ana,hash of Air,,PLAY,,",
        "ana,hash of Air,yesterday,PLAY,,",
        "ana,hash of Air,2019-03-05T14:00:00Z,HUM,,",
        "ana,hash of Air,2019-03-05T14:00:00Z,PLAY,-1,",
        "ana,hash of Air,2019-03-05T14:00:00Z,PLAY,nan,",
        "ana,hash of Air,2019-03-05T14:00:00Z,PLAY,,0",
        "ana,hash of Air,2019-03-05T14:00:00Z,PLAY,,1.5",
        "ana,hash of Air,1e300,PLAY,,",
        "ana",
        "ana,hash of Air,2019-03-05T14:00:00Z,PLAY,,1,more",
        "",
        "ana,hash of Air,2019-03-05T14:00:00Z",
    ]
    path = written(tmp_path / "log.csv", "user,track,timestamp,kind,played_seconds,count\n" + "\n".join(rows))
    report = import_interactions(engine, path)
    assert (report.lines, report.new) == (14, 2)
    assert report.broken == [
        BrokenLine(3, "it names no user"),
        BrokenLine(4, "it names no track"),
        BrokenLine(5, "it has no timestamp"),
        BrokenLine(6, "timestamp is 'yesterday', which is no time"),
        BrokenLine(7, "kind is 'HUM'; there are PLAY, COMPLETE, SKIP, LIKE, DISLIKE"),
        BrokenLine(8, "played_seconds is '-1', which is no length"),
        BrokenLine(9, "played_seconds is 'nan', which is no length"),
        BrokenLine(10, "count is '0', which is no number from 1"),
        BrokenLine(11, "count is '1.5', which is no number from 1"),
        BrokenLine(12, "timestamp is '1e300', which is no time"),
        BrokenLine(13, "it names no track"),
        BrokenLine(14, "it has 7 cells under 6 names of columns"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"user,song_title,timestamp\n", "nothing"),
        ("a.csv", b"user,title,timestamp\nana,Air,1\n", "it has no column 'track'"),
        ("a.csv", b"track,timestamp\nAir,1\n", "it has no column 'user'"),
        ("a.csv", b"user,track\nana,Air\n", "it has neither a column 'timestamp' nor a column 'count'"),
        ("a.csv", b"user,track,timestamp\nana,\xff\xff,1\n", "it is no text in UTF-8"),
        ("a.tsv.bz2", b"user\ttrack\tcount\n", "Invalid data stream"),
        ("a.csv.gz", gzip.compress(b"user,track,count\n" * 1_000, mtime=0)[:-12], "Compressed file ended"),
        ("a.parquet", b"PAR1", "Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    engine: Engine, tracks: dict[str, int], tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    if reason == "nothing":
        # Without lines there is nothing to find fault with.
        assert import_interactions(engine, path).lines == 0
        return
    with pytest.raises(LogUnreadable, match=reason):
        import_interactions(engine, path)
    assert log(engine) == []


def test_a_log_that_breaks_off_is_not_taken_over_by_half(
    engine: Engine, tracks: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "log.csv.bz2"
    lines = "".join(f"ana,hash of Air,{second}\n" for second in range(200_000))
    packed = bz2.compress(("user,track,timestamp\n" + lines).encode())
    path.write_bytes(packed[:-50])
    with pytest.raises(LogUnreadable):
        import_interactions(engine, path)
    assert log(engine) == []


def test_a_dry_run_says_everything_and_writes_nothing(engine: Engine, tracks: dict[str, int], tmp_path: Path) -> None:
    path = written(tmp_path / "log.tsv", ONION_EVENTS)
    report = import_interactions(engine, path, dry_run=True)
    assert (report.new, report.new_users, report.unknown) == (4, 2, Counter({"zzzzzzzzzzzzzzzz": 1}))
    assert log(engine) == []
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 0


def test_a_file_that_is_not_there(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound):
        import_interactions(engine, tmp_path / "gone.csv")


def test_the_command(engine: Engine, tracks: dict[str, int], database_url: str, tmp_path: Path) -> None:
    path = written(tmp_path / "log.tsv", ONION_EVENTS + "16\t00CH4HJdxQQQbJfu\tsoon\n")
    ran = segue("import-interactions", path, "--dry-run", database_url=database_url, data_dir=tmp_path)
    assert ran.code == 0, ran.err
    assert [line.strip() for line in ran.out + ran.err if line.strip() and not line.startswith("Reading")] == [
        "A dry run: nothing was written. This is what an import would do now:",
        "6 lines: 4 new interactions, 0 with another count or length, 0 that were there, 2 new users",
        "Tracks were found for 4 lines: 4 by file name",
        "Unknown: no track here is called so (1 name, 1 line):",
        "zzzzzzzzzzzzzzzz (1 line)",
        "No interactions: lines that are left out (1):",
        "7: timestamp is 'soon', which is no time",
    ]
    assert segue("import-interactions", path, database_url=database_url, data_dir=tmp_path).code == 0
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET simulation = 'run 1' WHERE external_id = '27'"))
    status = segue("status", database_url=database_url, data_dir=tmp_path).out
    assert status[-1] == "Listening    4 interactions of 2 users in 0 sessions; simulated: 1 of 1"
    ran = segue("import-interactions", tmp_path / "gone.csv", database_url=database_url, data_dir=tmp_path)
    assert ran.code == 1
    assert "gone.csv" in ran.err[-1]
