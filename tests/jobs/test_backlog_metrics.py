"""How much work waits, and how CloudWatch is told of it."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text

from jobs.backlog_metrics import metrics_line
from jobs.backlog_watch import BacklogWatch
from sql.database import Database
from sql.queue.backlog import Backlog, backlog

INSERT = text(
    "INSERT INTO jobs (id, kind, status, arguments, total, done, failed, created_at) VALUES"
    " (:id, :kind, :status, '{}', :total, :done, :failed, now() - make_interval(secs => :age))"
)


def add(engine: Engine, kind: str, status: str, total: int = 1, done: int = 0, failed: int = 0, age: int = 5) -> None:
    values = {"kind": kind, "status": status, "total": total, "done": done, "failed": failed, "age": age}
    with engine.begin() as connection:
        connection.execute(INSERT, {"id": uuid4()} | values)


@pytest.mark.anyio
async def test_the_backlog_is_what_a_worker_has_to_do(engine: Engine, database_url: str) -> None:
    database = Database(database_url, size=1, statement_timeout_seconds=10)
    try:
        assert await backlog(database) == Backlog(0, 0, 0.0)
        add(engine, "embed", "RUNNING", total=5_000, done=1_200, failed=3, age=9_000)
        add(engine, "import", "WAITING", age=120)
        add(engine, "train", "WAITING", total=0, age=60)
        # Nobody's work: it has not arrived, or has ended.
        add(engine, "upload", "WAITING", age=3_600)
        add(engine, "import", "SUCCEEDED", done=1)
        add(engine, "embed", "CANCELLED", total=700)
        found = await backlog(database)
    finally:
        await database.close()
    assert (found.jobs, found.items) == (3, 5_000 - 1_200 - 3 + 1 + 1)
    # The oldest that nobody has begun.
    assert 120 <= found.oldest_seconds < 150


def test_a_line_is_what_cloudwatch_reads() -> None:
    line = json.loads(metrics_line("Segue/x", Backlog(3, 400, 12.34)))
    [about] = line["_aws"]["CloudWatchMetrics"]
    assert about["Namespace"] == "Segue/x"
    # No dimension: each value of one is a metric that is paid for.
    assert about["Dimensions"] == [[]]
    assert {metric["Name"]: line[metric["Name"]] for metric in about["Metrics"]} == {
        "JobsWaiting": 3,
        "ItemsWaiting": 400,
        "OldestJobSeconds": 12.3,
    }
    assert isinstance(line["_aws"]["Timestamp"], int)


def test_a_worker_tells_when_it_is_time(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    add(engine, "import", "WAITING")
    watch = BacklogWatch(engine, "Segue", every_seconds=3_600)
    for _ in range(3):
        watch.look()
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["JobsWaiting"] == 1
    eager = BacklogWatch(engine, "Segue", every_seconds=0)
    for _ in range(3):
        eager.look()
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_without_a_namespace_nothing_is_told(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    BacklogWatch(engine, None, every_seconds=0).look()
    assert capsys.readouterr().out == ""


def test_a_database_that_is_away_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    BacklogWatch(away, "Segue", every_seconds=0).look()
    assert capsys.readouterr().out == ""
